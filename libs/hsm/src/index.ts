export { isPkcs11Uri, parsePkcs11Uri, type KeyReference, type TokenFilter } from './pkcs11-uri.ts';
export { openPkcs11Signer, type HeldSigner, type Pkcs11SignerOptions } from './pkcs11-signer.ts';
