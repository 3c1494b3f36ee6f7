/** A log of real signed documents, for the specs of the archive. */
import { topics } from '#contracts';
import { sha256Hex, signDecisions, signReceipts } from '#evidence';
import type { LogInstance } from '../log-database.fixture.ts';
import { integrate } from '../log/integrate.ts';
import {
  aDecision,
  aReceipt,
  anEvent,
  aRecord,
  outboxRecord,
  SampleNetwork,
  type SignedEvent,
} from '../signed-samples.fixture.ts';

export class SignedLog {
  /** The signed bytes of each leaf, in the order of the log. */
  readonly signed: Buffer[] = [];
  readonly events: SignedEvent[] = [];

  private constructor(
    readonly log: LogInstance,
    readonly network: SampleNetwork,
  ) {}

  static async over(log: LogInstance): Promise<SignedLog> {
    return new SignedLog(log, await SampleNetwork.create());
  }

  /** Lower hex, of each leaf. */
  get digests(): string[] {
    return this.signed.map(sha256Hex);
  }

  /**
   * Events of as many practices, then the decisions about them, signed as one batch, then as many receipts: three times
   * `count` leaves.
   */
  async add(count: number): Promise<void> {
    const { network } = this;
    const events = await Promise.all(Array.from({ length: count }, () => network.event(anEvent())));
    const at = new Date();
    const decisions = await signDecisions(
      events.map((event) => aDecision(event)),
      network.signer('router-1'),
      at,
    );
    const receipts = await signReceipts(
      events.map((event) => aReceipt(event)),
      network.signer('p_cr'),
      at,
    );
    await this.#admit(
      'events',
      events.map((event) => outboxRecord(event)),
    );
    await this.#admit(
      'decisions',
      decisions.items.map((item) => aRecord(topics.routing, item)),
    );
    await this.#admit(
      'receipts',
      receipts.items.map((item) => aRecord(topics.receipts, item)),
    );
    this.events.push(...events);
    while ((await this.log.work.run((tx) => integrate(tx, this.log.signer))) > 0);
  }

  async #admit(
    stream: 'events' | 'decisions' | 'receipts',
    records: readonly ReturnType<typeof aRecord>[],
  ): Promise<void> {
    const outcomes = await this.log.takeIn(this.network).run(stream, records);
    if (outcomes.some(({ kind }) => kind !== 'done')) throw new Error('a document was not taken in');
    this.signed.push(...records.map(({ value }) => value));
  }
}
