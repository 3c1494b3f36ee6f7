import { parseDecision, parseSignedItem, topics, type Decision, type IpaCode } from '#contracts';
import { sha256Hex, type Checked } from '#evidence';
import type { IncomingRecord } from '#messaging';
import { inChunks, isHopeless, openTail, type TailNode } from '#node';
import { savePublishedMarks, StreamPositions } from '#persistence';
import type { Logger } from '#platform';
import type { RegistryView } from '#registry-view';
import type { RouterParts } from '../routing/route-batch.ts';
import { adoptDecisions, arrivalsOf } from './adopt-decisions.ts';
import {
  anyLost,
  authorsToSearch,
  forgetLost,
  nextLost,
  noteBytes,
  noteBytesHeld,
  noteLost,
  type Published,
} from './lost-decisions.ts';

/** Records looked at, and decisions adopted, in one transaction. */
const AT_ONCE = 256;

export interface RecoveryParts extends TailNode, Pick<RouterParts, 'name' | 'verifier'> {
  readonly registry: RouterParts['registry'] & Pick<RegistryView, 'status'>;
  /** The group that reads the members' outboxes. */
  readonly group: string;
  readonly logger: Logger;
}

/**
 * Brings a restored router to where it was: every decision on `practice.routing` that its database lacks is adopted, the
 * same signed bytes in the same position, with the event's bytes from its author's outbox. It can be cut off anywhere and
 * begun again: the mark of the topic moves last.
 */
export class RecoverRouter {
  readonly #parts: RecoveryParts;

  constructor(parts: RecoveryParts) {
    this.#parts = parts;
  }

  /** @throws HubError `DECISION_CONTRADICTED`, `DECIDED_EVENT_MISSING`; what time mends as it comes */
  async run(): Promise<void> {
    const { work, logger } = this.#parts;
    const tail = await openTail(this.#parts, topics.routing);
    let lost = 0;
    for await (const records of inChunks(tail.records, AT_ONCE)) {
      const published = await this.#published(records);
      lost += await work.run((tx) => noteLost(tx, published));
    }
    if (await work.run(anyLost)) {
      logger.warn({ lost }, 'this database was restored: it lacks decisions that this router has published');
      await this.#findBytes();
      const adopted = await this.#adoptAll();
      logger.warn({ adopted }, 'this router has adopted the decisions that it had published');
    }
    await work.run((tx) => savePublishedMarks(tx, tail.end));
  }

  /** This router's own decisions among the records. */
  async #published(records: readonly IncomingRecord[]): Promise<Published[]> {
    const checked = await this.#parts.verifier.check('decision', records, ({ value }) => value);
    return checked.flatMap((one) => {
      const decision = this.#judge(one);
      return decision?.router === this.#parts.name ? [{ decision, item: one.item.value }] : [];
    });
  }

  /** Undefined for what is no decision of a router's: it binds nobody. */
  #judge(checked: Checked<'decision', IncomingRecord>): Decision | undefined {
    const { registry, logger } = this.#parts;
    const { offset, value } = checked.item;
    try {
      const { time } = parseDecision(parseSignedItem(value).item);
      return checked.judge(registry, new Date(time)).decision;
    } catch (error) {
      if (!isHopeless(error, registry)) throw error;
      logger.error({ err: error, offset }, 'a record on practice.routing is no decision of this network');
      return undefined;
    }
  }

  /** Finds the events' bytes: in the database, behind what it had read of the outboxes, then in all they hold. */
  async #findBytes(): Promise<void> {
    const { work, group } = this.#parts;
    await work.run(noteBytesHeld);
    const behind = await work.run(authorsToSearch);
    const positions = await new StreamPositions(work).load(group, behind.map(topics.outbox));
    for (const author of behind) {
      const next = positions.next(topics.outbox(author), 0);
      await this.#search(author, next === undefined ? new Map() : new Map([[0, next]]));
    }
    for (const author of await work.run(authorsToSearch)) await this.#search(author, new Map());
  }

  async #search(author: IpaCode, from: ReadonlyMap<number, bigint>): Promise<void> {
    const { reader, work } = this.#parts;
    for await (const records of inChunks(
      reader.read(topics.outbox(author), { until: 'end', from }),
      AT_ONCE,
    )) {
      const found = records.map(({ value }) => ({ digest: sha256Hex(value), bytes: value }));
      await work.run((tx) => noteBytes(tx, found));
    }
  }

  async #adoptAll(): Promise<number> {
    for (let adopted = 0; ;) {
      const lost = await this.#parts.work.run((tx) => nextLost(tx, AT_ONCE));
      if (lost.length === 0) return adopted;
      const arrivals = await arrivalsOf(lost, this.#parts);
      await this.#parts.work.run(async (tx) => {
        await adoptDecisions(tx, lost, arrivals);
        await forgetLost(tx, lost);
      });
      adopted += lost.length;
    }
  }
}
