import type { RegistryChange } from '#contracts';
import { HubError } from '#errors';
import { sha256Hex } from '#evidence';
import type { PublishedEntry, RegistryLedger } from '../ledger/registry-ledger.ts';

export type Withdrawal = Omit<Extract<RegistryChange, { readonly kind: 'anchor.withdrawn' }>, 'kind'>;

/** Withdraws an external issuer: what arrives from `withdrawnFrom` on under one of its certificates is refused. */
export class WithdrawAnchor {
  readonly #ledger: RegistryLedger;

  constructor(ledger: RegistryLedger) {
    this.#ledger = ledger;
  }

  /** @throws HubError `ANCHOR_NOT_LISTED`, `ANCHOR_ALREADY_WITHDRAWN` */
  async run(withdrawal: Withdrawal): Promise<PublishedEntry> {
    const [published] = await this.#ledger.publish((current) => {
      const { fingerprint, withdrawnFrom } = withdrawal;
      const known = current.external.find(({ certificate }) => sha256Hex(certificate.raw) === fingerprint);
      if (known === undefined)
        throw new HubError('ANCHOR_NOT_LISTED', `no external issuer ${fingerprint} is in the registry`);
      if (known.withdrawnFrom !== null && known.withdrawnFrom <= withdrawnFrom)
        throw new HubError('ANCHOR_ALREADY_WITHDRAWN', `it is withdrawn from ${known.withdrawnFrom}`);
      return [{ kind: 'anchor.withdrawn', ...withdrawal }];
    });
    if (published !== undefined) return published;
    throw new HubError('INTERNAL_ERROR', 'a withdrawal was planned and not published');
  }
}
