import { parseEvent, parseReceipt, parseSignedItem, topics } from '#contracts';
import { HubError } from '#errors';
import type { Checked, VerifiedEvent } from '#evidence';
import type { IncomingRecord } from '#messaging';
import { inChunks, isHopeless, openTail, type OwnTail, type TailNode } from '#node';
import { savePublishedMarks, type Tx } from '#persistence';
import type { Logger } from '#platform';
import { romeTime } from '#protocollo';
import type { NodeParts } from '../node-parts.ts';
import type { AuditorAddress } from '../practices/get-proof.ts';
import { adoptEvent, lookUp, lostEvents, type LostEvent } from './adopt-events.ts';
import { unknownToDatabase } from './ask-log.ts';
import { givenNumber, noteGiven, passOverGiven, yearsWithLost } from './lost-numbers.ts';
import { keepPublished, repeatCancellation, type PublishedReceipt } from './published-receipts.ts';

/** Records looked at, and events adopted, in one transaction. */
const AT_ONCE = 64;
/** Events named in an error. */
const NAMED = 10;

export interface AuthorityRecovery extends Pick<TailNode, 'connection' | 'reader'> {
  readonly parts: NodeParts;
  readonly auditor: AuditorAddress | null;
  readonly logger: Logger;
}

/**
 * Brings a restored node to where it was: what it had published, events on its outbox and receipts beside it, and its
 * database lacks, is adopted as it was signed; numbers that it had given out are passed over; and the log is asked
 * whether it knows more. It can be cut off anywhere and begun again: the marks of the topics move last.
 */
export class RecoverAuthority {
  readonly #recovery: AuthorityRecovery;
  readonly #parts: NodeParts;

  constructor(recovery: AuthorityRecovery) {
    this.#recovery = recovery;
    this.#parts = recovery.parts;
  }

  /** @throws HubError `OWN_EVENT_CONTRADICTED`, `NODE_BEHIND_LOG`; what time mends as it comes */
  async run(): Promise<void> {
    const { connection, reader } = this.#recovery;
    const { ipa, work } = this.#parts;
    const node = { work, connection, reader };
    const [outbox, receipts] = [
      await openTail(node, topics.outbox(ipa)),
      await openTail(node, topics.said(ipa)),
    ];
    // Receipts first: they tell which numbers are given out, and what was cancelled.
    for await (const records of inChunks(receipts.records, AT_ONCE)) await this.#keepReceipts(records);
    let adopted = 0;
    for await (const records of inChunks(outbox.records, AT_ONCE)) adopted += await this.#adopt(records);
    await this.#compareWithLog(outbox);
    await work.run((tx) => savePublishedMarks(tx, [...outbox.end, ...receipts.end]));
    if (adopted > 0)
      this.#recovery.logger.warn(
        { adopted },
        'this database was restored: own events were adopted from the outbox',
      );
  }

  async #keepReceipts(records: readonly IncomingRecord[]): Promise<void> {
    const { ipa, verifier, work, clock } = this.#parts;
    const checked = await verifier.check('receipt', records, ({ value }) => value);
    const published = checked.flatMap((one): PublishedReceipt[] => {
      const receipt = this.#own(
        one,
        (bytes) => new Date(parseReceipt(parseSignedItem(bytes).item).time),
      )?.receipt;
      return receipt?.by === ipa ? [{ receipt, bytes: one.item.value }] : [];
    });
    if (published.length === 0) return;
    const now = clock.now();
    await work.run(async (tx) => {
      await keepPublished(tx, published);
      const given = published.flatMap(({ receipt: { kind, registration, event } }) =>
        kind === 'registered' && registration !== null ? [givenNumber(registration, event)] : [],
      );
      await noteGiven(tx, given, now);
      for (const { receipt } of published)
        if (receipt.cancellation !== null)
          await repeatCancellation(tx, receipt.event.author, receipt.event.id);
      await this.#passOver(tx, [], now);
    });
  }

  /** @returns how many events were adopted */
  async #adopt(records: readonly IncomingRecord[]): Promise<number> {
    const { ipa, verifier, work, clock } = this.#parts;
    const checked = await verifier.check('event', records, ({ value }) => value);
    const own = checked.flatMap((one): VerifiedEvent[] => {
      const verified = this.#own(one, (bytes) => new Date(parseEvent(bytes).time));
      return verified?.event.author.ipa === ipa ? [verified] : [];
    });
    const candidates = await work.run((tx) => lostEvents(tx, own));
    const lost: LostEvent[] = [];
    for (const verified of once(candidates)) lost.push(await lookUp(this.#parts, verified));
    if (lost.length === 0) return 0;
    const now = clock.now();
    await work.run(async (tx) => {
      for (const one of lost) await adoptEvent(tx, this.#parts, one, now);
      await this.#passOver(tx, lost, now);
    });
    for (const one of lost) this.#tell(one);
    return lost.length;
  }

  /** Undefined for what does not verify: it binds nobody. */
  #own<K extends 'event' | 'receipt'>(
    checked: Checked<K, IncomingRecord>,
    claimedTime: (bytes: Buffer) => Date,
  ): ReturnType<Checked<K>['judge']> | undefined {
    const { topic, offset, value } = checked.item;
    try {
      return checked.judge(this.#parts.registry, claimedTime(value));
    } catch (error) {
      if (!isHopeless(error, this.#parts.registry)) throw error;
      this.#recovery.logger.error(
        { err: error, topic, offset },
        'a record of an own topic is nothing of this node’s',
      );
      return undefined;
    }
  }

  async #passOver(tx: Tx, lost: readonly LostEvent[], now: Date): Promise<void> {
    const { register } = this.#parts.protocol;
    const unnumbered = new Map<number, number>();
    for (const { segnatura, verified } of lost) {
      const { year } = romeTime(new Date(verified.event.time));
      if (segnatura === null) unnumbered.set(year, (unnumbered.get(year) ?? 0) + 1);
    }
    const known = await yearsWithLost(tx);
    for (const one of known)
      await passOverGiven(tx, one.register, one.year, {
        now,
        unnumbered: one.register === register ? take(unnumbered, one.year) : 0,
      });
    for (const [year, count] of unnumbered)
      await passOverGiven(tx, register, year, { now, unnumbered: count });
  }

  #tell({ verified, documents, segnatura }: LostEvent): void {
    const { id } = verified.event;
    const { logger } = this.#recovery;
    if (documents.missing.length > 0)
      logger.error(
        { event: id, documents: documents.missing.map((one) => one.id) },
        'documents of an adopted event are not in the store: they are fetched back from who received it',
      );
    if (segnatura === null)
      logger.error(
        { event: id },
        'the protocol number of an adopted event is lost with its segnatura: one was passed over',
      );
    if (verified.event.type === 'practice.filed')
      logger.warn({ event: id }, 'the receipt of an adopted filing is lost here; whoever filed has it');
  }

  /** The log is a witness, not a condition: only where the topic has a hole must it be heard. */
  async #compareWithLog({ hasHole, topic }: OwnTail): Promise<void> {
    const { auditor, logger } = this.#recovery;
    try {
      if (auditor === null)
        throw new HubError('AUDITOR_UNAVAILABLE', 'this node is configured with no auditor');
      const missing = await unknownToDatabase(this.#parts, auditor);
      if (missing.length === 0) return;
      throw new HubError(
        'NODE_BEHIND_LOG',
        `the log holds ${missing.length} events of this body that neither database nor topic has`,
        { details: { events: missing.slice(0, NAMED) } },
      );
    } catch (error) {
      if (!(error instanceof HubError) || error.code !== 'AUDITOR_UNAVAILABLE' || hasHole) throw error;
      if (auditor !== null)
        logger.warn({ err: error, topic }, 'the log was not asked what it knows of this body');
    }
  }
}

/** Each event once: a relay that died sends a batch again. */
function once(events: readonly VerifiedEvent[]): VerifiedEvent[] {
  return [...new Map(events.toReversed().map((one) => [one.event.id, one])).values()].toReversed();
}

function take(counts: Map<number, number>, year: number): number {
  const count = counts.get(year) ?? 0;
  counts.delete(year);
  return count;
}
