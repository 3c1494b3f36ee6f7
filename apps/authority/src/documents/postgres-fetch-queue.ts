import type { ClaimRequest, FetchQueue, FetchResult, Postponement, StoredDocument } from '#documents';
import type { HubError } from '#errors';
import { dueAt, queueNow, type Tx } from '#persistence';
import { FewAtOnce } from '#platform';
import { readAccepted } from '../inbox/practice-store.ts';
import type { NodeParts } from '../node-parts.ts';
import { Arrivals } from './arrivals.ts';
import { CLAIM_MS, jobOf, type DocumentJob, type DueRow } from './due-document.ts';
import { lockEvent, markComplete } from './mark-complete.ts';
import { judgeManifest, recordManifest } from './take-manifest.ts';

/**
 * Database connections that this queue takes at a time, beside the one that marks what has arrived and the one that
 * looks for signatures. The pool has five (`DEFAULT_POOL_SIZE`): two are left for events and callers, however many
 * documents are under way.
 */
const CONNECTIONS = 1;

/** The node's table of documents as the queue of what is still to fetch. */
export class PostgresFetchQueue implements FetchQueue<DocumentJob> {
  readonly #parts: NodeParts;
  readonly #refused: (error: HubError) => void;
  readonly #arrivals: Arrivals;
  readonly #few = new FewAtOnce(CONNECTIONS);

  /** @param refused is told of a manifest that did not pass: an alarm */
  constructor(parts: NodeParts, refused: (error: HubError) => void) {
    this.#parts = parts;
    this.#refused = refused;
    this.#arrivals = new Arrivals((event, arrivals) => markComplete(parts, event, arrivals));
  }

  /** Claims due rows; the event's author is the first source, then those whose receipt says that they have everything. */
  async claim({ limit, now, busy }: ClaimRequest): Promise<readonly DocumentJob[]> {
    const rows = await this.#few.run(() =>
      this.#parts.work.single((tx) =>
        tx.prepared<DueRow>(
          `update document d set next_attempt_at = ${queueNow('$2')} + make_interval(secs => $4)
         from (
           select owner, uuid, document_id from document
           where status <> 'complete' and next_attempt_at <= ${queueNow('$2')} and not (author = any($3::text[]))
           order by next_attempt_at limit $1 for update skip locked
         ) due, event e
         where d.owner = due.owner and d.uuid = due.uuid and d.document_id = due.document_id
           and e.author = d.author and e.event_id = d.event_id
         returning d.owner, d.uuid, d.document_id as document, d.author, d.event_id as "eventId", d.role, d.size,
           d.salted_digest as "saltedDigest", d.attempts, e.decision,
           array(select p.value->>'ipa' from practice pr, jsonb_array_elements(pr.participants) p
                 where pr.owner = d.owner and pr.uuid = d.uuid and (p.value->>'joined')::boolean) as others`,
          [limit, now, busy, CLAIM_MS / 1000],
        ),
      ),
    );
    return rows.map((row) => jobOf(this.#parts, row));
  }

  renew(jobs: readonly DocumentJob[]): Promise<void> {
    return this.#due(jobs, CLAIM_MS);
  }

  release(job: DocumentJob): Promise<void> {
    return this.#due([job], 0);
  }

  async postpone(job: DocumentJob, { state, failures, next }: Postponement): Promise<void> {
    const { key } = job.order;
    await this.#run((tx) =>
      tx.query(
        `update document set status = $4, attempts = $5,
           next_attempt_at = case when $4 <> 'destroyed' then ${dueAt('$6', '$7')} end,
           away_since = case when $4 = 'author-away' then coalesce(away_since, $7::timestamptz) end
         where owner = $1 and uuid = $2 and document_id = $3 and status in ('fetching', 'author-away')`,
        [key.owner, key.practice, key.document, state, failures, next, this.#parts.clock.now()],
      ),
    );
  }

  /** Marks the document; with the last one of its event, says so to the event's author, to the log and in the feed. */
  complete(
    job: DocumentJob,
    { document }: Extract<FetchResult, { readonly state: 'complete' }>,
  ): Promise<void> {
    const { key } = job.order;
    if (job.role === 'manifest') return this.#few.run(() => this.#takeManifest(job, document));
    return this.#arrivals.mark(job, { key, role: job.role, stored: document });
  }

  /** A manifest is complete with the rows of what it lists, which keep the event open until they are complete too. */
  async #takeManifest(job: DocumentJob, stored: StoredDocument): Promise<void> {
    const { key } = job.order;
    const { work, clock } = this.#parts;
    const received = await work.run((tx) => readAccepted(tx, job.author, job.eventId));
    const judged = await judgeManifest(this.#parts, received, key);
    const refused = await work.run(async (tx) => {
      await lockEvent(tx, job);
      const open = await tx.query(
        `select 1 as open from document
         where owner = $1 and uuid = $2 and document_id = $3 and status in ('fetching', 'author-away') for update`,
        [key.owner, key.practice, key.document],
      );
      if (open.length === 0) return undefined;
      return recordManifest(tx, this.#parts, received, { key, stored, judged }, clock.now());
    });
    if (refused) this.#refused(refused);
  }

  /** Rows that are being marked at this moment are left alone: they need no claim any more. */
  async #due(jobs: readonly DocumentJob[], inMs: number): Promise<void> {
    const keys = jobs.map(({ order: { key } }) => key);
    await this.#run((tx) =>
      tx.query(
        `update document d set next_attempt_at = ${queueNow('$2')} + make_interval(secs => $3)
         from (
           select document.owner, document.uuid, document.document_id from document
           join json_to_recordset($1) as k(owner text, practice uuid, document uuid)
             on (document.owner, document.uuid, document.document_id) = (k.owner, k.practice, k.document)
           where status in ('fetching', 'author-away') for update of document skip locked
         ) claimed
         where (d.owner, d.uuid, d.document_id) = (claimed.owner, claimed.uuid, claimed.document_id)`,
        [JSON.stringify(keys), this.#parts.clock.now(), inMs / 1000],
      ),
    );
  }

  #run<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.#few.run(() => this.#parts.work.run(work));
  }
}
