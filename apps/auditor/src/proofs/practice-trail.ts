import type { UnitOfWork } from '#persistence';
import { requireCheckpoint } from '../log/checkpoints.ts';
import { proveEntries } from './prove-entries.ts';
import type { PracticeTrail as Trail } from './proof-shapes.ts';

/** Leaves on one page of a trail. */
export const MAX_TRAIL = 500;

export interface TrailQuery {
  readonly owner: string;
  readonly uuid: string;
  /** Leaves after this index only. */
  readonly after?: number | undefined;
}

/** Everything the log holds about a practice, in its order, each leaf proved against the current checkpoint. */
export class PracticeTrail {
  readonly #work: UnitOfWork;

  constructor(work: UnitOfWork) {
    this.#work = work;
  }

  /** An unknown practice has an empty trail. @throws HubError `LOG_NOT_READY` */
  async run({ owner, uuid, after }: TrailQuery): Promise<Trail> {
    return this.#work.run(async (tx) => {
      const { size, root, note } = await requireCheckpoint(tx);
      const rows = await tx.query<{ index: string; entry: Buffer }>(
        `select l.index, e.entry from log_entry e join log_leaf l on l.entry = e.id
         where e.uuid = $1 and lower(e.owner) = lower($2) and l.index > $3 and l.index < $4
         order by l.index limit $5`,
        [uuid, owner, after ?? -1, size, MAX_TRAIL],
      );
      const entries = rows.map(({ index, entry }) => ({ index: Number(index), entry }));
      const proven = await proveEntries(tx, entries, size);
      return {
        practice: { owner, uuid },
        size,
        root: root.toString('base64'),
        checkpoint: note.toString('utf8'),
        leaves: proven.map(({ leaf }) => leaf),
        next: entries.length === MAX_TRAIL ? (entries.at(-1)?.index ?? null) : null,
      };
    });
  }
}
