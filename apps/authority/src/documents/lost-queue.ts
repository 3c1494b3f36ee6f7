import type { ClaimRequest, FetchQueue, FetchResult, Postponement } from '#documents';
import { dueAt, queueNow, type Tx } from '#persistence';
import type { NodeParts } from '../node-parts.ts';
import { CLAIM_MS, jobOf, type DocumentJob, type DueRow } from './due-document.ts';
import { restoreDocument } from './restore-document.ts';

/** The documents that the disk has lost, as the queue of what is to be fetched back. */
export class LostQueue implements FetchQueue<DocumentJob> {
  readonly #parts: NodeParts;

  constructor(parts: NodeParts) {
    this.#parts = parts;
  }

  /**
   * Claims due rows. The author is asked first, then whoever has said to have everything, then the other participants.
   * Nobody has the documents of an event that has no place yet.
   */
  async claim({ limit, now, busy }: ClaimRequest): Promise<readonly DocumentJob[]> {
    const rows = await this.#run((tx) =>
      tx.query<DueRow>(
        `update lost_document l set next_attempt_at = ${queueNow('$2')} + make_interval(secs => $4)
         from (
           select l.owner, l.uuid, l.document_id, d.author, d.event_id, d.role, d.size, d.salted_digest, e.decision
           from lost_document l join document d using (owner, uuid, document_id)
             join event e on e.author = d.author and e.event_id = d.event_id
           where l.next_attempt_at <= ${queueNow('$2')} and e.status = 'accepted' and not (d.author = any($3::text[]))
           order by l.next_attempt_at limit $1 for update of l skip locked
         ) due
         where (l.owner, l.uuid, l.document_id) = (due.owner, due.uuid, due.document_id)
         returning due.owner, due.uuid, due.document_id as document, due.author, due.event_id as "eventId", due.role,
           due.size, due.salted_digest as "saltedDigest", l.attempts, due.decision,
           array(select r.by from receipt r where r.author = due.author and r.event_id = due.event_id
                   and r.kind = 'documents-complete' order by r.time)
           || array(select p.value->>'ipa' from practice pr, jsonb_array_elements(pr.participants) p
                    where pr.owner = due.owner and pr.uuid = due.uuid and (p.value->>'joined')::boolean) as others`,
        [limit, now, busy, CLAIM_MS / 1000],
      ),
    );
    return rows.map((row) => jobOf(this.#parts, row, { replace: true }));
  }

  renew(jobs: readonly DocumentJob[]): Promise<void> {
    return this.#due(jobs, CLAIM_MS);
  }

  release(job: DocumentJob): Promise<void> {
    return this.#due([job], 0);
  }

  async postpone({ order: { key } }: DocumentJob, { failures, next, error }: Postponement): Promise<void> {
    await this.#run((tx) =>
      tx.query(
        `update lost_document set attempts = $4, next_attempt_at = ${dueAt('$5', '$7')}, code = $6
         where owner = $1 and uuid = $2 and document_id = $3`,
        [key.owner, key.practice, key.document, failures, next, error?.code ?? null, this.#parts.clock.now()],
      ),
    );
  }

  complete(
    job: DocumentJob,
    { document }: Extract<FetchResult, { readonly state: 'complete' }>,
  ): Promise<void> {
    return restoreDocument(this.#parts, job, document);
  }

  async #due(jobs: readonly DocumentJob[], inMs: number): Promise<void> {
    const keys = jobs.map(({ order: { key } }) => key);
    await this.#run((tx) =>
      tx.query(
        `update lost_document l set next_attempt_at = ${queueNow('$2')} + make_interval(secs => $3)
         from json_to_recordset($1) as k(owner text, practice uuid, document uuid)
         where (l.owner, l.uuid, l.document_id) = (k.owner, k.practice, k.document)`,
        [JSON.stringify(keys), this.#parts.clock.now(), inMs / 1000],
      ),
    );
  }

  #run<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.#parts.work.run(work);
  }
}
