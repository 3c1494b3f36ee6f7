import { pemSigner } from '#evidence';
import { isPkcs11Uri, openPkcs11Signer, parsePkcs11Uri, type HeldSigner } from '#hsm';
import { readPem, systemClock, type Logger } from '#platform';
import type { NodeConfig } from './node-config.ts';

type Identity = Pick<NodeConfig['identity'], 'NODE_NAME' | 'SIGNING_CERT' | 'SIGNING_KEY'>;

/**
 * A node's signing key, wherever the configuration says that it is: in a PEM file, or in a token (`pkcs11:…`).
 * @throws HubError `TLS_FILE_UNREADABLE`, `CERTIFICATE_MALFORMED`, `SIGNING_KEY_UNUSABLE`; for a token also
 *   `PKCS11_URI_INVALID` and those of `openPkcs11Signer`
 */
export async function openSigner(
  { NODE_NAME: holder, SIGNING_CERT, SIGNING_KEY }: Identity,
  logger: Logger,
): Promise<HeldSigner> {
  const certificatePem = readPem(SIGNING_CERT).toString();
  if (isPkcs11Uri(SIGNING_KEY)) {
    const key = parsePkcs11Uri(SIGNING_KEY);
    return openPkcs11Signer({ certificatePem, holder, key, clock: systemClock, logger });
  }
  const signer = pemSigner(certificatePem, readPem(SIGNING_KEY).toString(), holder);
  return { ...signer, check: () => Promise.resolve(null), close: () => Promise.resolve() };
}
