import { signSnapshot } from '#evidence';
import type { Clock } from '#platform';
import { takeSnapshot } from '#registry-chain';
import type { RegistryLedger } from '../ledger/registry-ledger.ts';

/** More entries than a chain will ever have. */
const ALL = 1_000_000_000;

/** The signed snapshot of the registry at its head, made when somebody asks and kept until there is a new head. */
export class Snapshots {
  readonly #ledger: RegistryLedger;
  readonly #clock: Clock;
  #made: { readonly number: number; readonly bytes: Promise<Buffer> } | undefined;

  constructor(ledger: RegistryLedger, clock: Clock) {
    this.#ledger = ledger;
    this.#clock = clock;
  }

  /** The signed bytes (`contracts/xsd/snapshot-1.xsd`). @throws HubError `REGISTRY_ENTRY_NOT_FOUND` */
  async latest(): Promise<Buffer> {
    const { number } = this.#ledger.head();
    if (this.#made?.number !== number) this.#made = { number, bytes: this.#make() };
    const made = this.#made;
    try {
      return await made.bytes;
    } catch (error) {
      if (this.#made === made) this.#made = undefined;
      throw error;
    }
  }

  async #make(): Promise<Buffer> {
    const entries = await this.#ledger.entries(0, ALL);
    const at = this.#clock.now();
    const snapshot = takeSnapshot(
      entries.map(({ bytes }) => bytes),
      at.toISOString(),
    );
    return await signSnapshot(snapshot, this.#ledger.signer, at);
  }
}
