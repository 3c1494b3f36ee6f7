import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HubError, systemCode } from '#errors';
import { TileEdge } from '#tlog';
import { keepWhole } from '../disk/whole-file.ts';
import { edgeOf, storeEdge, type StoredEdge } from '../state/stored-edge.ts';
import { VerifiedState } from '../state/verified-state.ts';
import type { Awaiting } from '../verify/awaiting.ts';
import { Alarms, type Alarm } from './alarms.ts';
import type { StoredOrder } from './stored-order.ts';

const FORMAT = 'reset-hub/audit-watch@v1';
const FILE = 'watch.json';
/** Signed checkpoints that are kept to compare others with: a log that goes back shows one of them, or another of its size. */
const SEEN_KEPT = 256;

/** A condition, and since when it lasts. ISO 8601. */
export interface Since {
  readonly since: string;
  readonly message: string;
}

/** What a monitor remembers of one log. */
export interface Watched {
  readonly vkey: string;
  /** The newest signed checkpoint that was proved to continue all before it; null before the first. */
  head: Buffer | null;
  /** Up to where every leaf was verified; not beyond `head`. */
  edge: TileEdge;
  /** From which leaf on they were: not from 0 if the monitor has begun in the middle. */
  begun: number;
  /** Signed checkpoints of this history, in the order in which they were seen. */
  seen: Buffer[];
  /** When the log has last shown that it goes on: a larger checkpoint, or cosignatures of the one it has. ISO 8601. */
  freshAt: string | null;
  /** The newest checkpoint with a quorum. */
  witnessed: { readonly size: number; readonly at: string } | null;
  /** The first checkpoint beyond that, and when it was seen; null if there is none. */
  unwitnessed: (Since & { readonly size: number }) | null;
  unreachable: Since | null;
  etag: string | null;
  /** To judge whose signature it is, of documents and decisions that wait for each other. */
  signers: { readonly arrival: number; readonly awaiting: ReturnType<Awaiting['soFar']> } | null;
  /** What the leaves are compared by; null before the first, and in what a version before has kept. */
  order: StoredOrder | null;
  /** Since the beginning, by kind, and how many documents with them. */
  counts: { leaves: Record<string, number>; documents: number };
  lastRoundAt: string | null;
}

interface Stored extends Omit<Watched, 'head' | 'edge' | 'seen' | 'order'> {
  readonly format: string;
  readonly head: string | null;
  readonly seen: readonly string[];
  readonly edge: StoredEdge;
  /** Absent in a file of a version before. */
  readonly order?: StoredOrder | null;
  readonly alarms: readonly Alarm[];
  readonly dropped: number;
}

/**
 * What a monitor keeps, in one file that is replaced as a whole: whatever ends it at whatever moment, the next one goes on
 * from what was verified. Files of records beside it count if this one names them. One monitor at a time.
 */
export class WatchState {
  readonly watched: Watched;
  readonly alarms: Alarms;
  readonly folder: string;
  readonly #lock: VerifiedState;

  private constructor(lock: VerifiedState, watched: Watched, alarms: Alarms) {
    this.#lock = lock;
    this.folder = lock.folder;
    this.watched = watched;
    this.alarms = alarms;
  }

  /**
   * @throws HubError `AUDIT_STATE_UNUSABLE` while another monitor holds it, and for a file that is damaged or another log's: who
   *   would then begin anew would forget what shows a rewrite
   */
  static async open(folder: string, vkey: string): Promise<WatchState> {
    const lock = await VerifiedState.open(folder);
    try {
      const stored = await load(folder);
      if (stored === undefined) return new WatchState(lock, nothing(vkey), new Alarms());
      if (stored.vkey !== vkey) throw unusable(folder, `it is of another log: ${stored.vkey}`);
      return new WatchState(lock, watchedOf(stored), new Alarms(stored.alarms, stored.dropped));
    } catch (cause) {
      await lock.close();
      if (cause instanceof HubError) throw cause;
      throw unusable(folder, cause instanceof Error ? cause.message : String(cause), cause);
    }
  }

  /** Keeps everything as it is, over a power cut. @throws HubError `AUDIT_STATE_UNUSABLE` */
  async save(): Promise<void> {
    const { head, edge, seen, ...rest } = this.watched;
    const stored: Stored = {
      format: FORMAT,
      ...rest,
      head: head?.toString('utf8') ?? null,
      seen: seen.map((note) => note.toString('utf8')),
      edge: storeEdge(edge),
      alarms: this.alarms.all,
      dropped: this.alarms.dropped,
    };
    await replaceFile(this.folder, FILE, Buffer.from(`${JSON.stringify(stored, null, 1)}\n`));
  }

  /** Remembers a checkpoint that was accepted as the newest. */
  accept(note: Buffer): void {
    this.watched.head = note;
    this.remember(note);
  }

  /** Remembers one that is of the same history, to compare others with. */
  remember(note: Buffer): void {
    const { seen } = this.watched;
    seen.push(note);
    seen.splice(0, Math.max(0, seen.length - SEEN_KEPT));
  }

  /** Keeps evidence once, under its digest. @returns the name of its file */
  async keepEvidence(bytes: Buffer, kind: 'fork' | 'shorter' | 'checkpoint'): Promise<string> {
    const digest = createHash('sha256').update(bytes).digest('hex').slice(0, 16);
    const name = `${kind}-${digest}${kind === 'checkpoint' ? '' : '.json'}`;
    const folder = join(this.folder, 'evidence');
    await mkdir(folder, { recursive: true });
    await replaceFile(folder, name, bytes);
    return join('evidence', name);
  }

  async close(): Promise<void> {
    await this.#lock.close();
  }
}

function nothing(vkey: string): Watched {
  return {
    vkey,
    head: null,
    edge: TileEdge.empty(),
    begun: 0,
    seen: [],
    freshAt: null,
    witnessed: null,
    unwitnessed: null,
    unreachable: null,
    etag: null,
    signers: null,
    order: null,
    counts: { leaves: {}, documents: 0 },
    lastRoundAt: null,
  };
}

async function load(folder: string): Promise<Stored | undefined> {
  let text: string;
  try {
    text = await readFile(join(folder, FILE), 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
  const stored = JSON.parse(text) as Stored;
  if (stored.format !== FORMAT) throw unusable(folder, `${FILE} is not of the format ${FORMAT}`);
  return stored;
}

function watchedOf({ head, edge, seen, order, ...rest }: Stored): Watched {
  const notes = seen.map((note) => Buffer.from(note, 'utf8'));
  return {
    ...rest,
    head: head === null ? null : Buffer.from(head, 'utf8'),
    seen: notes,
    edge: edgeOf(edge),
    order: order ?? null,
  };
}

async function replaceFile(folder: string, name: string, bytes: Buffer): Promise<void> {
  try {
    await keepWhole(join(folder, name), bytes);
  } catch (cause) {
    throw unusable(folder, cause instanceof Error ? cause.message : String(cause), cause);
  }
}

/** The error of a state that nobody can go on from. */
export function unusable(folder: string, reason: string, cause?: unknown): HubError {
  return new HubError('AUDIT_STATE_UNUSABLE', `${folder}: ${reason}`, { cause });
}
