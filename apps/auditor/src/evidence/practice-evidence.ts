import { MAX_EVIDENCE_LEAVES, type EvidenceSource, type ProvingCheckpoint, type SourceWitness } from '#audit';
import type { Reader } from '#access-log';
import { parseSha256, type RegistryVersion } from '#contracts';
import { HubError } from '#errors';
import type { Tx } from '#persistence';
import { latestCheckpoint } from '../log/checkpoints.ts';
import { onlyOwner } from '../proofs/practice-trail.ts';
import { requirePart } from '../proofs/require-part.ts';
import { newestWitnessed } from '../witnesses/show-witnesses.ts';
import type { EvidenceParts } from './evidence-parts.ts';
import { logSource } from './log-source.ts';

export interface EvidenceQuery {
  /** IPA code; may be left out while only one owner has used the id. */
  readonly owner?: string | undefined;
  readonly uuid: string;
  /** True: also under a checkpoint that not enough witnesses have cosigned yet. */
  readonly unwitnessed: boolean;
}

/** Who asks. */
export interface EvidenceCaller {
  /** IPA code of the member that asks, which must take part; null for whoever may read of all. */
  readonly member: string | null;
  /** Who asks by a token; null for a member. */
  readonly reader: Reader | null;
}

/** Everything that the log has of a practice, for a container of evidence. */
export class PracticeEvidence {
  readonly #parts: EvidenceParts;

  constructor(parts: EvidenceParts) {
    this.#parts = parts;
  }

  /**
   * Grants it: who asks may have it, that is noted, and all of it is in one published state of the log.
   * @throws HubError `NOT_A_PARTICIPANT`, `PRACTICE_NOT_FOUND`, `PRACTICE_AMBIGUOUS`, `LOG_NOT_READY`, `LOG_NOT_WITNESSED`,
   *   `EVIDENCE_TOO_LARGE`, `REGISTRY_VERSION_UNKNOWN`
   */
  async grant(
    { owner: named, uuid, unwitnessed }: EvidenceQuery,
    { member, reader }: EvidenceCaller,
  ): Promise<EvidenceSource> {
    const granted = await this.#parts.work.answer(async (tx) => {
      const owner = named ?? (await onlyOwner(tx, uuid));
      if (member !== null) await requirePart(tx, member, { owner, uuid });
      const leaves = await leavesOf(tx, owner, uuid);
      // Read after the leaves: a checkpoint is never older than an index that is visible.
      const checkpoint = await checkpointOf(tx, leaves.at(-1)?.index ?? 0, unwitnessed);
      const practice = { owner, uuid };
      await this.#parts.accesses.note(tx, reader, { kind: 'evidence', practice, id: null });
      return {
        practice,
        leaves,
        checkpoint,
        witnesses: await witnessesOf(tx),
        registryHead: await this.#registryHead(tx),
      };
    });
    return logSource(granted, this.#parts);
  }

  /** As far as the stored copy goes: what is published just now is not in it yet. */
  async #registryHead(tx: Tx): Promise<RegistryVersion> {
    const [row] = await tx.query<{ number: string; digest: string; count: string }>(
      `select number, digest, (select count(*) from registry_copy) as count
       from registry_copy order by number desc limit 1`,
    );
    // A node that started with a snapshot stores nothing before the whole history has come.
    if (row === undefined || row.count !== row.number)
      throw new HubError('REGISTRY_VERSION_UNKNOWN', 'the copy of the registry is not whole yet');
    const head = { number: Number(row.number), digest: parseSha256(row.digest) };
    if (this.#parts.registry.hasVersion(head.number, head.digest) === 'known') return head;
    throw new HubError('LOG_STATE_DAMAGED', `the copy of registry entry ${head.number} was altered`);
  }
}

async function leavesOf(tx: Tx, owner: string, uuid: string): Promise<EvidenceSource['leaves']> {
  const rows = await tx.query<{ index: string; entry: Buffer }>(
    `select l.index, e.entry from log_entry e join log_leaf l on l.entry = e.id
     where e.uuid = $1 and lower(e.owner) = lower($2) order by l.index limit $3`,
    [uuid, owner, MAX_EVIDENCE_LEAVES + 1],
  );
  if (rows.length === 0)
    throw new HubError('PRACTICE_NOT_FOUND', `the log has no leaf of practice ${owner}/${uuid}`);
  if (rows.length > MAX_EVIDENCE_LEAVES)
    throw new HubError('EVIDENCE_TOO_LARGE', `the practice has more than ${MAX_EVIDENCE_LEAVES} leaves`);
  return rows.map(({ index, entry }) => ({ index: Number(index), entry }));
}

/** The newest witnessed checkpoint that has the practice's last leaf. @throws HubError `LOG_NOT_WITNESSED`, `LOG_NOT_READY` */
async function checkpointOf(tx: Tx, last: number, unwitnessed: boolean): Promise<ProvingCheckpoint> {
  const witnessed = await newestWitnessed(tx);
  if (witnessed !== null && last < witnessed.size) return { ...witnessed, witnessed: true };
  if (!unwitnessed)
    throw new HubError(
      'LOG_NOT_WITNESSED',
      `leaf ${last} is not in a checkpoint that enough witnesses have cosigned`,
    );
  const latest = await latestCheckpoint(tx);
  if (latest !== null && last < latest.size) return { ...latest, witnessed: false };
  throw new HubError('LOG_NOT_READY', `leaf ${last} is not in a published checkpoint yet`);
}

async function witnessesOf(tx: Tx): Promise<readonly SourceWitness[]> {
  return tx.query<SourceWitness>(
    `select holder, vkey, statement from log_witness
     where vkey is not null and statement is not null order by holder`,
  );
}
