import type { Receipt } from '#contracts';
import { HubError } from '#errors';
import { done, headerText, hold, park, retry, type IncomingRecord, type Outcome } from '#messaging';
import { claimSeen, type Tx } from '#persistence';
import { noteCopy, recordFork, recordNotice } from '../equivocations/record-equivocation.ts';
import { screenNotice, type EquivocationNotice } from '../equivocations/screen-notice.ts';
import type { NodeParts } from '../node-parts.ts';
import { checkSignatures, type CheckedSignatures } from './check-signatures.ts';
import { foldReceived } from './fold-received.ts';
import { heldAlready } from './held-already.ts';
import { markParked, screenParkedNotice, type ParkedNotice } from './mark-parked.ts';
import { parkLocally } from './park-locally.ts';
import { parkReceived } from './park-received.ts';
import { lockPractices } from './practice-store.ts';
import { sendReceipts } from './receipts.ts';
import { screenEvent, type Received } from './screen-event.ts';
import { screenReceipt, storeReceipt, type HeldReceipt } from './store-receipt.ts';

/** Pause before a record that this node cannot judge yet is read again, in milliseconds. */
const RETRY_MS = 500;
/**
 * How long a record waits for what this node may not have heard of yet (a registry version, a certificate), once the
 * registry has been read to its end, in milliseconds: beyond this, it does not exist, and the record is parked.
 */
const REGISTRY_WAIT_MS = 15 * 60_000;

/** A record of the inbox, understood. */
type Screened =
  | { readonly kind: 'event'; readonly received: Received }
  | { readonly kind: 'receipt'; readonly receipt: HeldReceipt }
  | { readonly kind: 'parked'; readonly notice: ParkedNotice }
  | { readonly kind: 'equivocation'; readonly notice: EquivocationNotice }
  | { readonly kind: 'refused'; readonly error: HubError };

/**
 * Takes in one batch of the node's inbox: events with their decisions, receipts for the node's own events, and notices
 * of what the router parked. One transaction: what was seen, state, documents to fetch, feed, receipts. A record that
 * does not pass is kept in the node's quarantine and holds nobody up.
 */
export class ReceiveBatch {
  readonly #parts: NodeParts;

  constructor(parts: NodeParts) {
    this.#parts = parts;
  }

  /** @returns one outcome per record, in order */
  async run(records: readonly IncomingRecord[]): Promise<Outcome[]> {
    const now = this.#parts.clock.now();
    const screened = await this.#screenAll(records, now);
    return this.#parts.work.run((tx) => this.#takeIn(tx, records, screened, now));
  }

  /** The same for one record, in the caller's transaction. */
  async runOne(tx: Tx, record: IncomingRecord): Promise<Outcome> {
    const now = this.#parts.clock.now();
    const [outcome] = await this.#takeIn(tx, [record], await this.#screenAll([record], now), now);
    return outcome ?? retry(RETRY_MS);
  }

  async #screenAll(records: readonly IncomingRecord[], now: Date): Promise<readonly Screened[]> {
    const checked = await checkSignatures(records, this.#parts.verifier);
    return records.map((record) => this.#screen(record, checked, now));
  }

  #screen(record: IncomingRecord, checked: CheckedSignatures, now: Date): Screened {
    const receipt = checked.receipts.get(record);
    try {
      if (receipt) return { kind: 'receipt', receipt: screenReceipt(receipt, this.#parts, now) };
      switch (headerText(record, 'hub_class')) {
        case 'event':
          return {
            kind: 'event',
            received: screenEvent(record, checked.events.get(record), this.#parts, now),
          };
        case 'parked':
          return { kind: 'parked', notice: screenParkedNotice(record) };
        case 'equivocation':
          return { kind: 'equivocation', notice: screenNotice(record, this.#parts, now) };
        default:
          throw new HubError(
            'RECORD_CLASS_UNKNOWN',
            `the record's class is ${headerText(record, 'hub_class') ?? 'missing'}`,
          );
      }
    } catch (error) {
      if (error instanceof HubError) return { kind: 'refused', error };
      throw error;
    }
  }

  async #takeIn(
    tx: Tx,
    records: readonly IncomingRecord[],
    screened: readonly Screened[],
    now: Date,
  ): Promise<Outcome[]> {
    const events = screened.flatMap((one) => (one.kind === 'event' ? [one.received] : []));
    await lockPractices(
      tx,
      events.map(({ event }) => event.practice),
    );
    const seen = await claimSeen(
      tx,
      events.map(({ event, signedInfoDigest }) => ({
        author: event.author.ipa,
        eventId: event.id,
        signedInfoDigest: Buffer.from(signedInfoDigest, 'hex'),
      })),
    );
    const standing = new Map(events.map((received, index) => [received, seen[index]]));
    const receipts: Receipt[] = [];
    const outcomes: Outcome[] = [];
    for (const [index, one] of screened.entries()) {
      const record = records[index];
      if (!record) continue;
      outcomes.push(await this.#effect(tx, record, one, standing, receipts, now));
    }
    await sendReceipts(tx, receipts, this.#parts.signer, now);
    return outcomes;
  }

  async #effect(
    tx: Tx,
    record: IncomingRecord,
    one: Screened,
    standing: ReadonlyMap<Received, string | undefined>,
    receipts: Receipt[],
    now: Date,
  ): Promise<Outcome> {
    if (one.kind === 'refused') return this.#refuse(tx, record, one.error, now);
    if (one.kind === 'receipt') {
      await storeReceipt(tx, one.receipt, now);
      return done();
    }
    if (one.kind === 'parked') {
      await markParked(tx, this.#parts.ipa, one.notice, now);
      return done();
    }
    if (one.kind === 'equivocation') return this.#believe(tx, record, one.notice, now);
    const { received } = one;
    const seen = standing.get(received);
    if (seen === 'again') {
      await noteCopy(tx, received, now);
      return done();
    }
    try {
      if (seen === 'equivocation') {
        throw new HubError(
          'EQUIVOCATION',
          `${received.event.author.ipa} has signed another event with id ${received.event.id}`,
        );
      }
      const folded = await foldReceived(tx, this.#parts, received, receipts, now);
      return folded === 'folded' ? done() : hold('POSITION_UNEXPECTED');
    } catch (error) {
      if (!(error instanceof HubError) || error.policy.disposition !== 'park') throw error;
      await parkReceived(
        tx,
        this.#parts,
        { received, record, claimed: seen === 'new' },
        error,
        receipts,
        now,
      );
      if (error.code === 'EQUIVOCATION') await recordFork(tx, this.#parts, received, now);
      return park(error.code);
    }
  }

  /** A notice is believed for what it proves, and parked if that is nothing. */
  async #believe(tx: Tx, record: IncomingRecord, notice: EquivocationNotice, now: Date): Promise<Outcome> {
    try {
      await recordNotice(tx, this.#parts, notice, now);
      return done();
    } catch (error) {
      if (error instanceof HubError) return this.#refuse(tx, record, error, now);
      throw error;
    }
  }

  async #refuse(tx: Tx, record: IncomingRecord, error: HubError, now: Date): Promise<Outcome> {
    if (error.code === 'KEY_REVOKED_BEFORE_ARRIVAL' && (await heldAlready(tx, record))) return done();
    if (error.policy.disposition !== 'park' && this.#isEarly(record, now)) return retry(RETRY_MS);
    await parkLocally(tx, record, error, this.#parts.ids.uuidv7(), now);
    return park(error.code);
  }

  /** True while the node itself may be what is late. */
  #isEarly(record: IncomingRecord, now: Date): boolean {
    // A time stamp that lies ahead earns no more patience than one that lies back.
    const isRecent = Math.abs(now.getTime() - record.timestamp.getTime()) < REGISTRY_WAIT_MS;
    return isRecent || !this.#parts.registry.status().caughtUp;
  }
}
