import type { Sha256 } from '#contracts';
import { HubError } from '#errors';
import { rootTrust, sha256Hex, type TrustView } from '#evidence';
import type { RegistryAtVersion } from '../state/registry-at-version.ts';

/**
 * The moment at which a document is judged by a root alone. Nothing is listed then, so nothing can be revoked, and the
 * certificate's validity is judged at SigningTime: any moment late enough will do.
 */
export const ANY_TIME = new Date(Date.UTC(9999, 0, 1));

/** The one certificate authority under which a node believes a registry. Configured, never learnt. */
export interface RootOfTrust {
  /** SHA-256 of the certificate's DER. */
  readonly fingerprint: Sha256;
  /** Who may sign before anything is listed: certificates of role registry under the root. */
  readonly trust: TrustView;
}

/**
 * The root of trust from its PEM, if it is the one that the fingerprint names. Colons and letter case of the
 * fingerprint do not matter.
 * @throws HubError `CERTIFICATE_MALFORMED`, `TRUST_ANCHOR_WRONG` if it is another certificate
 */
export function rootOfTrust(pem: string, fingerprint: string): RootOfTrust {
  const trust = rootTrust(pem, fingerprint);
  const [anchor] = trust.anchors;
  if (anchor === undefined) throw new HubError('REGISTRY_ROOT_REFUSED', 'there is no root certificate');
  return { fingerprint: sha256Hex(anchor.raw), trust };
}

/**
 * Whom the registry's next entry may be signed by: a certificate that the chain lists, always under the configured
 * root; the root alone decides until the chain lists a registry's certificate.
 */
export function chainTrust(root: RootOfTrust, listed: RegistryAtVersion | null): TrustView {
  if (listed === null) return root.trust;
  return { anchors: root.trust.anchors, certificate: (fingerprint) => listed.certificate(fingerprint) };
}
