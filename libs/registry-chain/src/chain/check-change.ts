import { X509Certificate } from 'node:crypto';
import type { RegistryChange, Sha256 } from '#contracts';
import { readCrl, sha256Hex } from '#evidence';
import type { RegistryAtVersion } from '../state/registry-at-version.ts';
import { refused, refusing } from './refusal.ts';

/**
 * Refuses what the registry may sign and nobody could use: an issuer that is no authority or is the network's own root,
 * a list of revocations that its issuer did not sign.
 * @throws HubError `REGISTRY_ENTRY_REFUSED`
 */
export function checkTrustChange(change: RegistryChange, current: RegistryAtVersion): void {
  if (change.kind === 'anchor.published') {
    const certificate = refusing(() => new X509Certificate(Buffer.from(change.anchor, 'base64')));
    if (!certificate.ca) throw refused('the external issuer is not a certificate authority');
    if (current.anchors.some((own) => own.raw.equals(certificate.raw)))
      throw refused('the external issuer is an anchor of the network itself');
  }
  if (change.kind === 'crl.published') {
    const issuer = current.issuer(change.issuer);
    if (issuer === undefined) throw refused(`no anchor is ${change.issuer}, whose revocation list this is`);
    refusing(() => readCrl(Buffer.from(change.crl, 'base64'), issuer));
  }
}

/** Fingerprints that no new root may have: roots of the network, old and new, and issuers of others. */
export function spentRoots(current: RegistryAtVersion): ReadonlySet<Sha256> {
  return new Set(
    [...current.anchors, ...current.external.map(({ certificate }) => certificate)].map(({ raw }) =>
      sha256Hex(raw),
    ),
  );
}
