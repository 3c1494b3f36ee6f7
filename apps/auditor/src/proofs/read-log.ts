import type { AccessLog, Reader } from '#access-log';
import { HubError } from '#errors';
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

/** Plain reads: the archive, what was refused. */
export class ReadLog {
  readonly #work: UnitOfWork;
  readonly #accesses: AccessLog;

  constructor(work: UnitOfWork, accesses: AccessLog) {
    this.#work = work;
    this.#accesses = accesses;
  }

  /** Signed bytes by their SHA-256, lower hex. @throws HubError `ARCHIVE_NOT_FOUND` */
  archived(sha256: string, reader: Reader | null): Promise<Buffer> {
    return this.#work.answer(async (tx) => {
      const [row] = await tx.query<{ bytes: Buffer }>(
        "select bytes from archived where sha256 = decode($1, 'hex')",
        [sha256],
      );
      if (row === undefined) throw new HubError('ARCHIVE_NOT_FOUND', `nothing archived has digest ${sha256}`);
      await this.#accesses.note(tx, reader, { kind: 'archived', practice: null, id: sha256 });
      return row.bytes;
    });
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
