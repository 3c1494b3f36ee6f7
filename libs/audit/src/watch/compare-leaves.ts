/** What can be said of all leaves together: each once, each decision with its event, positions without a gap. Of new ones, among all. */
import { join } from 'node:path';
import { HubError, type ErrorCode } from '#errors';
import { SIGNING_TIME_TOLERANCE_MS } from '#evidence';
import { readLogEntry, TILE_WIDTH, type VerifiedTiles } from '#tlog';
import { SortedRuns } from '../disk/sorted-runs.ts';
import {
  counterpartOf,
  further,
  indexOf,
  kindOf,
  positionOf,
  practiceOf,
  sameAs,
  type LeafRecords,
} from '../verify/leaf-records.ts';
import { EVENT_IS_NO_LEAF, leafTwice, positionsMissing, positionTwice } from '../verify/order-words.ts';
import { RECORD_BYTES, recordsIn } from '../disk/record-files.ts';
import type { StoredOrder } from './stored-order.ts';
import { WaitingLeaves } from './waiting.ts';
import { unusable, type WatchState } from './watch-state.ts';

/** Leaves whose entries are read again to tell whether what they lack was there before the monitor. */
const READ_AGAIN = 1_000;

/** A record that is looked for: how it begins, and for whose sake. */
interface Sought {
  readonly prefix: Buffer;
  readonly record: Buffer;
  readonly as: 'same' | 'counterpart' | 'before' | 'after' | 'practice';
}

/**
 * Compares new leaves with all that were there: 32 bytes of each lie on disk in sorted runs, in which only what is new is
 * looked up. What was compared counts when the state is saved; until then, it is nothing.
 */
export class CompareLeaves {
  readonly #state: WatchState;
  readonly #tiles: VerifiedTiles;
  readonly #now: Date;
  readonly #keys: SortedRuns;
  readonly #positions: SortedRuns;
  readonly #begun: Pick<StoredOrder, 'from' | 'since'>;
  readonly #waiting: WaitingLeaves;
  #size: number;
  #newest: number;
  /** Not compared yet. */
  #gathered: LeafRecords[] = [];
  /** Of those that are compared now: the newest time that an entry states up to that leaf. */
  #newestUpTo: { readonly last: number; readonly newest: number }[] = [];
  #readAgain = 0;

  private constructor(
    { state, tiles, now }: CompareSettings,
    { keys, positions }: { readonly keys: SortedRuns; readonly positions: SortedRuns },
    { from, since, size, newest, waiting }: StoredOrder,
  ) {
    this.#state = state;
    this.#tiles = tiles;
    this.#now = now;
    this.#keys = keys;
    this.#positions = positions;
    this.#begun = { from, since };
    this.#size = size;
    this.#newest = newest;
    this.#waiting = new WaitingLeaves(waiting);
  }

  /**
   * Goes on from the state; from where the monitor has begun if it has nothing of it (a monitor of a version before), or its
   * files are not as they were kept.
   * @throws HubError `AUDIT_STATE_UNUSABLE`
   */
  static async open(settings: CompareSettings): Promise<CompareLeaves> {
    const { state, now } = settings;
    const { order, edge, begun } = state.watched;
    if (order !== null && order.size <= edge.size) {
      const files = await filesOf(state, order).catch(() => null);
      if (files !== null) return new CompareLeaves(settings, files, order);
    }
    const since = now.toISOString();
    const anew = { from: begun, size: begun, since, newest: 0, keys: [], positions: [], waiting: [] };
    return new CompareLeaves(settings, await usable(state, () => filesOf(state, anew)), anew);
  }

  /** Up to which leaf they were compared. */
  get size(): number {
    return this.#size;
  }

  /** Takes the records of the next leaves. */
  add(records: LeafRecords): Promise<void> {
    this.#gathered.push(records);
    return Promise.resolve();
  }

  /**
   * Compares what was taken, raises alarms, and puts it all into the state, for whoever saves it.
   * @param size up to which leaf that was
   * @throws HubError `AUDIT_STATE_UNUSABLE`, and as `VerifiedTiles.entries`
   */
  async keep(size: number): Promise<void> {
    const gathered = this.#gathered;
    this.#gathered = [];
    const [keys, positions] = [
      Buffer.concat(gathered.map((one) => one.keys)),
      Buffer.concat(gathered.map((one) => one.positions)),
    ];
    const range = { from: this.#size, to: size };
    await usable(this.#state, () => this.#keys.add(keys, range));
    await usable(this.#state, () => this.#positions.add(positions, range));
    for (const { keys: own, newest } of gathered) {
      this.#newest = Math.max(this.#newest, newest);
      const last = own.length === 0 ? -1 : indexOf(own.subarray(-RECORD_BYTES));
      this.#newestUpTo.push({ last, newest: this.#newest });
    }
    await this.#judgeKeys(keys);
    await this.#judgePositions(positions);
    this.#size = size;
    this.#newestUpTo = [];
    this.#state.watched.order = {
      ...this.#begun,
      size,
      newest: this.#newest,
      keys: this.#keys.stored,
      positions: this.#positions.stored,
      waiting: this.#waiting.all,
    };
  }

  /** The state is saved: what it was before is not needed any more. @throws HubError `AUDIT_STATE_UNUSABLE` */
  async saved(): Promise<void> {
    await usable(this.#state, () => this.#keys.removeOthers());
    await usable(this.#state, () => this.#positions.removeOthers());
  }

  async #judgeKeys(keys: Buffer): Promise<void> {
    const sought = recordsIn(keys).flatMap((record): Sought[] => {
      const other = counterpartOf(record);
      const same: Sought = { prefix: sameAs(record), record, as: 'same' };
      return other === null ? [same] : [same, { prefix: other, record, as: 'counterpart' }];
    });
    const found = await this.#find(this.#keys, sought);
    const isDouble = this.#doubles(found, 'AUDIT_LEAF_TWICE', (first) => leafTwice(indexOf(first)));
    for (const { record, as, first } of found) {
      if (as !== 'counterpart' || isDouble.has(indexOf(record))) continue;
      if (first !== undefined) {
        if (kindOf(record) === 'event') this.#settle('AUDIT_DECISION_WITHOUT_EVENT', indexOf(first));
      } else if (kindOf(record) === 'decision' && !(await this.#mayBeBefore(indexOf(record))))
        this.#wait('AUDIT_DECISION_WITHOUT_EVENT', indexOf(record), EVENT_IS_NO_LEAF);
    }
  }

  async #judgePositions(positions: Buffer): Promise<void> {
    const sought = recordsIn(positions).flatMap((record): Sought[] => {
      const same: Sought = { prefix: further(record, 0), record, as: 'same' };
      const after: Sought = { prefix: further(record, 1), record, as: 'after' };
      if (positionOf(record) === 1) return [same, after];
      return [same, after, { prefix: further(record, -1), record, as: 'before' }];
    });
    const found = await this.#find(this.#positions, sought);
    const isDouble = this.#doubles(found, 'AUDIT_POSITION_TWICE', (first) =>
      positionTwice(positionOf(first)),
    );
    const isNew = found.filter(({ record }) => !isDouble.has(indexOf(record)));
    for (const { as, first } of isNew)
      if (as === 'after' && first !== undefined) this.#settle('AUDIT_POSITION_GAP', indexOf(first));
    const behindGap = isNew.filter(({ as, first }) => as === 'before' && first === undefined);
    await this.#judgeGaps(behindGap.map(({ record }) => record));
  }

  /** Of a practice that was there before the monitor, only what is behind the first position that it has seen is missed. */
  async #judgeGaps(behind: readonly Buffer[]): Promise<void> {
    const sought = behind.map((record): Sought => ({ prefix: practiceOf(record), record, as: 'practice' }));
    for (const { record, first } of await this.#find(this.#positions, sought)) {
      const isSeen = first !== undefined && positionOf(first) < positionOf(record);
      if (this.#begun.from > 0 && !isSeen) continue;
      const missing = positionOf(record) - 1;
      this.#wait('AUDIT_POSITION_GAP', indexOf(record), positionsMissing(missing, missing));
    }
  }

  /** What was found of each, in the order of the leaves. */
  async #find(
    runs: SortedRuns,
    sought: Sought[],
  ): Promise<(Sought & { readonly first: Buffer | undefined })[]> {
    sought.sort((a, b) => a.prefix.compare(b.prefix));
    const found = await usable(this.#state, () => runs.first(sought.map(({ prefix }) => prefix)));
    return sought
      .map((one, i) => ({ ...one, first: found[i] }))
      .sort((a, b) => indexOf(a.record) - indexOf(b.record));
  }

  /** Leaves in front of which there is another one. */
  #doubles(
    found: readonly (Sought & { readonly first: Buffer | undefined })[],
    code: ErrorCode,
    inWords: (first: Buffer) => string,
  ): ReadonlySet<number> {
    const doubles = new Set<number>();
    for (const { as, record, first } of found) {
      if (as !== 'same' || first === undefined || indexOf(first) >= indexOf(record)) continue;
      doubles.add(indexOf(record));
      this.#raise(code, indexOf(record), inWords(first));
    }
    return doubles;
  }

  #wait(code: ErrorCode, index: number, message: string): void {
    const seenAt = this.#now.toISOString();
    const { newest } = this.#newestUpTo.find(({ last }) => last >= index) ?? { newest: this.#newest };
    const tooMuch = this.#waiting.add({ index, code, message, seenAt, newest });
    if (tooMuch !== undefined) this.#raise(tooMuch.code, tooMuch.index, tooMuch.message);
  }

  /** What a leaf lacked is there. */
  #settle(code: ErrorCode, index: number): void {
    this.#waiting.end({ code, index });
    // One of the same leaves was never an alarm.
    if (index < this.#size) this.#state.alarms.over(code, this.#now, `leaf ${index}`);
  }

  #raise(code: ErrorCode, index: number, message: string): void {
    this.#state.alarms.raise({ code, subject: `leaf ${index}`, message }, this.#now);
  }

  /** Whether a decision's event may be a leaf from before the monitor: its id says when the event was made (RFC 9562). */
  async #mayBeBefore(index: number): Promise<boolean> {
    const { from, since } = this.#begun;
    if (from === 0) return false;
    this.#readAgain += 1;
    if (this.#readAgain > READ_AGAIN) return true;
    const bundle = await this.#tiles.entries(Math.floor(index / TILE_WIDTH));
    const { eventId } = readLogEntry(bundle[index % TILE_WIDTH] ?? Buffer.alloc(0));
    const madeAt = Number.parseInt(eventId.replace('-', '').slice(0, 12), 16);
    return madeAt < Date.parse(since) + SIGNING_TIME_TOLERANCE_MS;
  }
}

export interface CompareSettings {
  readonly state: WatchState;
  /** Of the log's newest checkpoint. */
  readonly tiles: VerifiedTiles;
  readonly now: Date;
}

async function filesOf({ folder }: WatchState, { keys, positions }: Pick<StoredOrder, 'keys' | 'positions'>) {
  return {
    keys: await SortedRuns.open(join(folder, 'order', 'keys'), keys),
    positions: await SortedRuns.open(join(folder, 'order', 'positions'), positions),
  };
}

/** @throws HubError `AUDIT_STATE_UNUSABLE` */
async function usable<T>({ folder }: WatchState, use: () => Promise<T>): Promise<T> {
  try {
    return await use();
  } catch (cause) {
    if (cause instanceof HubError) throw cause;
    throw unusable(folder, cause instanceof Error ? cause.message : String(cause), cause);
  }
}
