import { HubError } from '#errors';
import type { Tx, UnitOfWork } from '#persistence';
import type { QuarantinePlace } from './quarantine-store.ts';

/** A re-run: which entries, and how far it is. */
export interface Rerun {
  readonly id: string;
  /** Entries parked from here… */
  readonly since: Date;
  /** …to before here: what is parked while it runs is not its business. */
  readonly until: Date;
  readonly code: string | null;
  /** The topic that the entries came from. */
  readonly topic: string | null;
  readonly released: number;
  readonly held: number;
  readonly parked: number;
  readonly later: number;
  readonly askedAt: Date;
  /** Null while it runs. */
  readonly endedAt: Date | null;
}

/** A re-run under way, locked. */
export interface OpenRerun extends Rerun {
  readonly tokenId: string;
  /** The last entry that was judged; null before the first. */
  readonly reached: QuarantinePlace | null;
}

/** What came of the entries of one step. */
export type Tally = Pick<Rerun, 'released' | 'held' | 'parked' | 'later'>;

const COLUMNS = `id, since, until, code, topic, released, held, parked, later, asked_at as "askedAt", ended_at as "endedAt"`;

/** Re-runs in the node's database. */
export class RerunStore {
  readonly #work: UnitOfWork;

  constructor(work: UnitOfWork) {
    this.#work = work;
  }

  async insert(
    tx: Tx,
    rerun: Pick<Rerun, 'id' | 'since' | 'until' | 'code' | 'topic' | 'askedAt'> & {
      readonly tokenId: string;
    },
  ): Promise<void> {
    await tx.query(
      `insert into quarantine_rerun (id, since, until, code, topic, token_id, asked_at)
       values ($1, $2, $3, $4, $5, $6, $7)`,
      [rerun.id, rerun.since, rerun.until, rerun.code, rerun.topic, rerun.tokenId, rerun.askedAt],
    );
  }

  /** @throws HubError `RERUN_NOT_FOUND` */
  async get(id: string): Promise<Rerun> {
    const [rerun] = await this.#work.run((tx) =>
      tx.query<Rerun>(`select ${COLUMNS} from quarantine_rerun where id = $1`, [id]),
    );
    if (rerun) return rerun;
    throw new HubError('RERUN_NOT_FOUND', `no re-run ${id}`);
  }

  /** The latest, newest first. */
  list(limit: number): Promise<Rerun[]> {
    return this.#work.run((tx) =>
      tx.query<Rerun>(`select ${COLUMNS} from quarantine_rerun order by asked_at desc, id desc limit $1`, [
        limit,
      ]),
    );
  }

  /** The oldest that has not ended and that no other instance works on, locked; null if there is none. */
  async lockOpen(tx: Tx): Promise<OpenRerun | null> {
    const [row] = await tx.query<Omit<OpenRerun, 'reached'> & { reachedAt: Date | null; reachedId: string }>(
      `select ${COLUMNS}, token_id as "tokenId", reached_at as "reachedAt", reached_id as "reachedId"
       from quarantine_rerun where ended_at is null order by asked_at, id limit 1 for update skip locked`,
    );
    if (row === undefined) return null;
    const { reachedAt, reachedId, ...rerun } = row;
    return { ...rerun, reached: reachedAt === null ? null : [reachedAt, reachedId] };
  }

  /** The next entries of a re-run, in the order of their arrival. */
  async next(
    tx: Tx,
    rerun: OpenRerun,
    limit: number,
  ): Promise<{ readonly id: string; readonly parkedAt: Date }[]> {
    const [at, id] = rerun.reached ?? [null, null];
    return tx.query(
      `select id, parked_at as "parkedAt" from quarantine
       where status = 'parked' and parked_at >= $1 and parked_at < $2
         and ($3::text is null or code = $3) and ($4::text is null or origin->>'topic' = $4)
         and ($5::timestamptz is null or (parked_at, id) > ($5, $6::uuid))
       order by parked_at, id limit $7`,
      [rerun.since, rerun.until, rerun.code, rerun.topic, at, id, limit],
    );
  }

  async advance(tx: Tx, { id }: OpenRerun, reached: QuarantinePlace, tally: Tally): Promise<void> {
    await tx.query(
      `update quarantine_rerun set reached_at = $2, reached_id = $3, released = released + $4, held = held + $5,
         parked = parked + $6, later = later + $7
       where id = $1`,
      [id, ...reached, tally.released, tally.held, tally.parked, tally.later],
    );
  }

  async end(tx: Tx, { id }: OpenRerun, at: Date): Promise<void> {
    await tx.query('update quarantine_rerun set ended_at = $2 where id = $1', [id, at]);
  }
}
