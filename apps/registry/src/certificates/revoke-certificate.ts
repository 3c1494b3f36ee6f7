import type { RegistryChange } from '#contracts';
import { HubError } from '#errors';
import type { RegistryAtVersion } from '#registry-chain';
import type { PublishedEntry, RegistryLedger } from '../ledger/registry-ledger.ts';

export type Revocation = Omit<Extract<RegistryChange, { readonly kind: 'certificate.revoked' }>, 'kind'>;

/** Revokes a certificate: what it signs from `revokedFrom` on is refused by every node. */
export class RevokeCertificate {
  readonly #ledger: RegistryLedger;

  constructor(ledger: RegistryLedger) {
    this.#ledger = ledger;
  }

  /** @throws HubError `CERTIFICATE_NOT_LISTED`, `CERTIFICATE_ALREADY_REVOKED`, `CERTIFICATE_IN_USE` */
  async run(revocation: Revocation): Promise<PublishedEntry> {
    const [published] = await this.#ledger.publish((current) => {
      this.#check(revocation, current);
      return [{ kind: 'certificate.revoked', ...revocation }];
    });
    if (published !== undefined) return published;
    throw new HubError('INTERNAL_ERROR', 'a revocation was planned and not published');
  }

  #check({ fingerprint, revokedFrom, reason }: Revocation, current: RegistryAtVersion): void {
    const listed = current.certificate(fingerprint);
    if (listed === undefined)
      throw new HubError('CERTIFICATE_NOT_LISTED', `certificate ${fingerprint} is not in the registry`);
    const comesIntoDoubt = listed.revocationReason === 'superseded' && reason !== 'superseded';
    if (listed.revokedFrom !== null && listed.revokedFrom <= revokedFrom && !comesIntoDoubt)
      throw new HubError('CERTIFICATE_ALREADY_REVOKED', `it is revoked from ${listed.revokedFrom}`);
    if (fingerprint === this.#ledger.signer.certificate.fingerprint)
      throw new HubError('CERTIFICATE_IN_USE', `${fingerprint} is the certificate of this registry`);
  }
}
