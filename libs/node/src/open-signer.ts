import { isPkcs11Uri, openPkcs11Signer, parsePkcs11Uri } from '#hsm';
import { readPem, systemClock, type Logger } from '#platform';
import { RotatingSigner, type KeyFiles, type NodeSigner } from './rotating-signer.ts';

/**
 * A node's signing key, wherever the configuration says that it is: in a PEM file, or in a token (`pkcs11:…`).
 * @throws HubError `TLS_FILE_UNREADABLE`, `CERTIFICATE_MALFORMED`, `SIGNING_KEY_UNUSABLE`; for a token also
 *   `PKCS11_URI_INVALID` and those of `openPkcs11Signer`
 */
export async function openSigner(files: KeyFiles, logger: Logger): Promise<NodeSigner> {
  const { NODE_NAME: holder, SIGNING_CERT, SIGNING_KEY } = files;
  if (!isPkcs11Uri(SIGNING_KEY)) return new RotatingSigner(files);
  const certificatePem = readPem(SIGNING_CERT).toString();
  const key = parsePkcs11Uri(SIGNING_KEY);
  const signer = await openPkcs11Signer({ certificatePem, holder, key, clock: systemClock, logger });
  // A key in a token has no next one that would lie beside it: its node is started anew with another URI.
  return Object.assign(signer, { follow: () => undefined });
}
