import type { AccessLog, Reader } from '#access-log';
import { HubError } from '#errors';
import type { Tx, UnitOfWork } from '#persistence';
import { formatProof } from '#tlog';
import { provingCheckpoint } from '../witnesses/proving-checkpoint.ts';
import { proveEntries } from './prove-entries.ts';
import type { LeafProof } from './proof-shapes.ts';
import { requirePart, type LoggedPractice } from './require-part.ts';

export interface LeafQuery {
  /** Of an action, its own; of an entry of the registry, `registryEntryId` of its number. */
  readonly eventId: string;
  /** IPA code, of an action the node; may be left out while only one author has used the id. */
  readonly author?: string | undefined;
  readonly kind: ProvableKind;
}

/** What has a proof by its id: `receipt`s are told apart by more. */
export const PROVABLE_KINDS = ['event', 'decision', 'action', 'registry', 'access'] as const;
type ProvableKind = (typeof PROVABLE_KINDS)[number];

/** Proves that an event, the decision about it, an operator's action, or another document is in the log that the current checkpoint describes. */
export class ProveLeaf {
  readonly #work: UnitOfWork;
  readonly #accesses: AccessLog;

  constructor(work: UnitOfWork, accesses: AccessLog) {
    this.#work = work;
    this.#accesses = accesses;
  }

  /**
   * @param member IPA code of the member that asks, which must be the author or take part in the practice; null for whoever
   *   may read of all
   * @param reader who asks by a token; null for a member
   * @throws HubError `PROOF_NOT_YET`, `AUTHOR_AMBIGUOUS`, `NOT_A_PARTICIPANT`, `LOG_NOT_READY`
   */
  run(query: LeafQuery, member: string | null = null, reader: Reader | null = null): Promise<LeafProof> {
    return this.#work.answer(async (tx) => {
      // Of one state: a checkpoint is never older than an index that is visible.
      const [rows, checkpointOf] = await Promise.all([findLeaf(tx, query), provingCheckpoint(tx)]);
      if (rows.length > 1) throw ambiguous(query.eventId, rows);
      const [found] = rows;
      if (found === undefined || found.index === null) {
        throw new HubError('PROOF_NOT_YET', `the log has no ${query.kind} leaf of ${query.eventId} yet`);
      }
      // What the registry says it says to every member.
      const isForAll = query.kind === 'registry';
      if (member !== null && !isForAll && member.toLowerCase() !== found.author.toLowerCase()) {
        await requirePart(tx, member, practiceOf(found));
      }
      const thing = { kind: 'proof', practice: practiceOf(found), id: query.eventId } as const;
      await this.#accesses.note(tx, reader, thing);
      const entry = { index: Number(found.index), entry: found.entry };
      const { size, root, note } = checkpointOf(entry.index);
      const [proven] = await proveEntries(tx, [entry], size);
      if (proven === undefined) throw new HubError('PROOF_NOT_YET', 'nothing to prove');
      const { leaf, hashes } = proven;
      const tlogProof = formatProof({ extra: entry.entry, index: entry.index, hashes, checkpoint: note });
      return {
        ...leaf,
        size,
        root: root.toString('base64'),
        checkpoint: note.toString('utf8'),
        tlogProof: tlogProof.toString('utf8'),
      };
    });
  }
}

interface FoundLeaf {
  readonly author: string;
  readonly owner: string | null;
  readonly uuid: string | null;
  /** 64-bit number as text; null while it waits. */
  readonly index: string | null;
  readonly entry: Buffer;
}

/** Whatever has the id, of whichever author. */
function findLeaf(tx: Tx, { eventId, kind, author }: LeafQuery): Promise<FoundLeaf[]> {
  return tx.prepared<FoundLeaf>(
    `select e.author, e.owner, e.uuid, l.index, e.entry from log_entry e left join log_leaf l on l.entry = e.id
     where e.event_id = $1 and e.kind = $2 and ($3::text is null or lower(e.author) = lower($3))
     order by e.author`,
    [eventId, kind, author ?? null],
  );
}

function practiceOf({ owner, uuid }: FoundLeaf): LoggedPractice | null {
  return owner === null || uuid === null ? null : { owner, uuid };
}

function ambiguous(eventId: string, rows: readonly { readonly author: string }[]): HubError {
  const authors = rows.map(({ author }) => author);
  return new HubError('AUTHOR_AMBIGUOUS', `event id ${eventId} was used by ${authors.join(', ')}`, {
    details: { authors },
  });
}
