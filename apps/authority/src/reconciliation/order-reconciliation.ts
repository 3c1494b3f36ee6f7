import { HubError } from '#errors';
import type { Tx } from '#persistence';
import type { NodeParts } from '../node-parts.ts';
import { partnerCode } from './neighbours.ts';
import type { ReconcileSettings } from './reconcile-config.ts';
import { BEGINNING, insertOrder } from './reconciliation-rows.ts';

/** A comparison that somebody wants. */
export interface Wanted {
  readonly partner: string;
  /** From the beginning when absent. */
  readonly from?: string | undefined;
  /** Up to what is settled when absent. */
  readonly to?: string | undefined;
}

/** Takes an order for a comparison; it is run in the background, by whichever instance of the node runs them. */
export class OrderReconciliation {
  readonly #parts: NodeParts;
  readonly #settings: ReconcileSettings;

  constructor(parts: NodeParts, settings: ReconcileSettings) {
    this.#parts = parts;
    this.#settings = settings;
  }

  /**
   * @throws HubError `RECONCILIATION_PARTNER_UNKNOWN`, `RECONCILIATION_RANGE_INVALID`, `RECONCILIATION_RANGE_UNSETTLED`
   */
  async run(tx: Tx, wanted: Wanted): Promise<{ readonly id: string }> {
    const partner = partnerCode(this.#parts, wanted.partner);
    const now = this.#parts.clock.now();
    const settled = new Date(now.getTime() - this.#settings.settledMs).toISOString();
    const { from = BEGINNING, to = settled } = wanted;
    if (from >= to) throw new HubError('RECONCILIATION_RANGE_INVALID', `${from} is not before ${to}`);
    if (to > settled)
      throw new HubError(
        'RECONCILIATION_RANGE_UNSETTLED',
        `until ${settled} events are settled, not until ${to}`,
      );
    const id = this.#parts.ids.uuidv7();
    await insertOrder(tx, { id, partner, from, to, origin: 'order' }, now);
    return { id };
  }
}
