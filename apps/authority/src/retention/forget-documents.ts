import type { IpaCode, PracticeId } from '#contracts';
import type { Tx } from '#persistence';

/** A practice whose documents were destroyed. */
export interface ForgottenPractice {
  readonly owner: IpaCode;
  readonly uuid: PracticeId;
  /** Documents of events that came later are another archive's matter. All are meant, if absent. */
  readonly closedAt?: Date;
}

/** A document that was destroyed just now. */
export interface ForgottenDocument extends ForgottenPractice {
  readonly id: string;
  /** Bytes that it had. */
  readonly size: number;
}

/**
 * Marks documents of practices as destroyed, and deletes what else the node knows of their content: plain digest, file
 * name, signatures found, search fields, and the receipt of filing, which names plain digests. Type, size and salted digest
 * stay, as in the signed event.
 *
 * @param documents only these; all of the practices, if absent
 * @returns what was not destroyed before, in the order of practice and id
 */
export async function forgetDocuments(
  tx: Tx,
  practices: readonly ForgottenPractice[],
  documents: readonly string[] | null = null,
): Promise<ForgottenDocument[]> {
  const places = [practices.map(({ owner }) => owner), practices.map(({ uuid }) => uuid)];
  const until = practices.map(({ closedAt }) => closedAt ?? null);
  const forgotten = await tx.query<Omit<ForgottenDocument, 'size'> & { size: string }>(
    `update document d
     set status = 'destroyed', sha256 = null, file_name = null, next_attempt_at = null, away_since = null
     from unnest($1::text[], $2::uuid[], $4::timestamptz[]) as p(owner, uuid, closed)
     where d.owner = p.owner and d.uuid = p.uuid and d.status <> 'destroyed'
       and ($3::uuid[] is null or d.document_id = any($3))
       and not exists (select 1 from event e
         where e.author = d.author and e.event_id = d.event_id and e.received_at > p.closed)
     returning d.owner, d.uuid, d.document_id as id, d.size`,
    [...places, documents, until],
  );
  const ids = [
    forgotten.map(({ owner }) => owner),
    forgotten.map(({ uuid }) => uuid),
    forgotten.map(({ id }) => id),
  ];
  for (const table of ['document_signatures', 'lost_document']) {
    await tx.query(
      `delete from ${table} t using unnest($1::text[], $2::uuid[], $3::uuid[]) as d(owner, uuid, id)
       where t.owner = d.owner and t.uuid = d.uuid and t.document_id = d.id`,
      ids,
    );
  }
  for (const table of ['practice_search', 'filing_receipt']) {
    await tx.query(
      `delete from ${table} t using unnest($1::text[], $2::uuid[]) as p(owner, uuid)
       where t.owner = p.owner and t.uuid = p.uuid
         and not exists (select 1 from document d
           where d.owner = p.owner and d.uuid = p.uuid and d.role = 'form' and d.status <> 'destroyed')`,
      places,
    );
  }
  return forgotten
    .map((row) => ({ ...row, size: Number(row.size) }))
    .toSorted((one, other) => (orderOf(one) < orderOf(other) ? -1 : 1));
}

function orderOf({ owner, uuid, id }: ForgottenDocument): string {
  return `${owner}/${uuid}/${id}`;
}
