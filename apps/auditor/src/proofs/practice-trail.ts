import type { AccessLog, Reader } from '#access-log';
import { HubError } from '#errors';
import type { Tx, UnitOfWork } from '#persistence';
import { requireCheckpoint } from '../log/checkpoints.ts';
import { proveEntries } from './prove-entries.ts';
import type { PracticeTrail as Trail } from './proof-shapes.ts';
import { requirePart } from './require-part.ts';

/** Leaves on one page of a trail. */
export const MAX_TRAIL = 500;

export interface TrailQuery {
  /** IPA code; may be left out while only one owner has used the id. */
  readonly owner?: string | undefined;
  readonly uuid: string;
  /** Leaves after this index only. */
  readonly after?: number | undefined;
}

/** Everything the log holds about a practice, in its order, each leaf proved against the current checkpoint. */
export class PracticeTrail {
  readonly #work: UnitOfWork;
  readonly #accesses: AccessLog;

  constructor(work: UnitOfWork, accesses: AccessLog) {
    this.#work = work;
    this.#accesses = accesses;
  }

  /**
   * An unknown practice has an empty trail, if its owner is named.
   * @param member IPA code of the member that asks, which must take part; null for whoever may read of all
   * @param reader who asks by a token; null for a member
   * @throws HubError `NOT_A_PARTICIPANT`, `PRACTICE_NOT_FOUND`, `PRACTICE_AMBIGUOUS`, `LOG_NOT_READY`
   */
  run(
    { owner: named, uuid, after }: TrailQuery,
    member: string | null = null,
    reader: Reader | null = null,
  ): Promise<Trail> {
    return this.#work.answer(async (tx) => {
      const owner = named ?? (await onlyOwner(tx, uuid));
      if (member !== null) await requirePart(tx, member, { owner, uuid });
      await this.#accesses.note(tx, reader, { kind: 'trail', practice: { owner, uuid }, id: null });
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

/** Whose practice has this id. @throws HubError `PRACTICE_NOT_FOUND`, `PRACTICE_AMBIGUOUS` */
export async function onlyOwner(tx: Tx, uuid: string): Promise<string> {
  const rows = await tx.query<{ owner: string }>(
    'select min(owner) as owner from log_entry where uuid = $1 group by lower(owner) order by 1',
    [uuid],
  );
  const [first, ...others] = rows.map(({ owner }) => owner);
  if (first === undefined)
    throw new HubError('PRACTICE_NOT_FOUND', `the log has no leaf of practice ${uuid}`);
  if (others.length === 0) return first;
  throw new HubError(
    'PRACTICE_AMBIGUOUS',
    `practice id ${uuid} was used by ${[first, ...others].join(', ')}`,
    {
      details: { owners: [first, ...others] },
    },
  );
}
