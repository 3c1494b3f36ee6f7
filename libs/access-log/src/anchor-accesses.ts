import type { ActionLog } from '#actions';
import { ACCESS_ANCHORED, anchorDetails } from '#contracts';
import { HubError } from '#errors';
import type { Tx, UnitOfWork } from '#persistence';
import type { Clock } from '#platform';
import { merkleRoot } from '#tlog';

export interface AnchorParts {
  readonly work: UnitOfWork;
  /** Signs the anchor, and sends it to the log. */
  readonly actions: ActionLog;
  readonly clock: Clock;
}

/** Accesses under one anchor, at most. */
export const MAX_ANCHORED = 65_536;
/** One instance of a node anchors at a time. */
const ANCHOR_LOCK = 7_220_602;
const MINUTE_MS = 60_000;

interface Waiting {
  readonly id: string;
  readonly at: Date;
  readonly entry: Buffer;
}

/**
 * Gives the accesses that have none an anchor: root, number and times in one signed action, which becomes a leaf of the
 * log. All of it commits or nothing does. What was answered and not anchored when a process died is anchored by the next
 * who looks; what commits while another anchors waits for the next minute.
 */
export class AnchorAccesses {
  readonly #parts: AnchorParts;
  readonly #max: number;

  constructor(parts: AnchorParts, max = MAX_ANCHORED) {
    this.#parts = parts;
    this.#max = max;
  }

  /**
   * Anchors what waits, unless this node, by any of its instances, has anchored in this minute already.
   * @returns how many accesses have an anchor now that had none
   * @throws HubError `SIGNING_KEY_UNAVAILABLE` and the like: then they wait
   */
  async run(): Promise<number> {
    let anchored = 0;
    // More than one anchor can hold is no reason to wait for another minute.
    for (let last = this.#max; last === this.#max; anchored += last) {
      const isFirst = anchored === 0;
      last = await this.#parts.work.run((tx) => this.#once(tx, isFirst));
    }
    return anchored;
  }

  async #once(tx: Tx, isFirst: boolean): Promise<number> {
    const [lock] = await tx.query<{ mine: boolean }>('select pg_try_advisory_xact_lock($1) as mine', [
      ANCHOR_LOCK,
    ]);
    if (lock?.mine !== true || (isFirst && (await this.#isDone(tx)))) return 0;
    const waiting = await tx.query<Waiting>(
      'select id, at, entry from access_record where anchor is null order by at, id limit $1',
      [this.#max],
    );
    const [first, last] = [waiting.at(0), waiting.at(-1)];
    if (first === undefined || last === undefined) return 0;
    const root = merkleRoot(waiting.map(({ entry }) => entry));
    const size = waiting.length;
    const [id] = await this.#parts.actions.append(tx, [
      {
        kind: ACCESS_ANCHORED,
        outcome: 'anchored',
        subject: 'accesses',
        tokenId: null,
        set: { size, root: root.toString('base64') },
        details: anchorDetails({ from: first.at.toISOString(), to: last.at.toISOString() }),
      },
    ]);
    await tx.query(
      'insert into access_anchor (id, at, root, size, first_at, last_at) values ($1, $2, $3, $4, $5, $6)',
      [id, this.#parts.clock.now(), root, size, first.at, last.at],
    );
    await placeUnder(tx, id, waiting);
    return size;
  }

  async #isDone(tx: Tx): Promise<boolean> {
    const [last] = await tx.query<{ at: Date }>('select at from access_anchor order by number desc limit 1');
    // Equal, not later: a clock that was set back must not keep anything from being anchored.
    return last !== undefined && minuteOf(last.at) === minuteOf(this.#parts.clock.now());
  }
}

async function placeUnder(tx: Tx, anchor: string | undefined, waiting: readonly Waiting[]): Promise<void> {
  const placed = await tx.query(
    `update access_record a set anchor = $1, place = w.nth - 1
     from unnest($2::uuid[]) with ordinality as w(id, nth) where a.id = w.id and a.anchor is null returning a.id`,
    [anchor, waiting.map(({ id }) => id)],
  );
  if (placed.length === waiting.length) return;
  throw new HubError('INTERNAL_ERROR', `${waiting.length} accesses to anchor, ${placed.length} found`);
}

function minuteOf(at: Date): number {
  return Math.floor(at.getTime() / MINUTE_MS);
}
