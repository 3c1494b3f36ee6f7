import type { UnitOfWork } from '#persistence';

/** A record that is not a leaf, for people. */
export interface RefusedRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly sha256: string;
  readonly code: string;
  readonly reason: string;
  readonly refusedAt: Date;
  /** When the router's decision about it arrived and it became a leaf after all; null while it has not. */
  readonly passedAt: Date | null;
}

/** Plain reads: what was refused. */
export class ReadLog {
  readonly #work: UnitOfWork;

  constructor(work: UnitOfWork) {
    this.#work = work;
  }

  /** What was refused last, newest first. */
  async refused(limit: number): Promise<readonly RefusedRecord[]> {
    return this.#work.run((tx) =>
      tx.query<RefusedRecord>(
        `select topic, partition, record_offset as offset, encode(digest, 'hex') as sha256, code, reason,
           refused_at as "refusedAt", passed_at as "passedAt"
         from refused order by refused_at desc, topic, partition, record_offset desc limit $1`,
        [limit],
      ),
    );
  }
}
