import { parseSha256, type DocumentId, type DocumentRole, type IpaCode, type PracticeId } from '#contracts';
import type {
  ClaimRequest,
  FetchJob,
  FetchQueue,
  FetchResult,
  FetchSource,
  Postponement,
  StoredDocument,
} from '#documents';
import type { HubError } from '#errors';
import type { Tx } from '#persistence';
import { appendFeed } from '../feed/append-feed.ts';
import { receiptOf, sendReceipts } from '../inbox/receipts.ts';
import { readAccepted } from '../inbox/practice-store.ts';
import type { Received } from '../inbox/screen-event.ts';
import type { NodeParts } from '../node-parts.ts';
import { insertSearchFields, searchFieldsOf } from '../practices/search-fields.ts';
import { registerReceived } from '../protocol/register-received.ts';
import { ROLES_OF_ONE_EVENT } from './roles-of-one-event.ts';
import { orderCheck } from './signature-queue.ts';
import { judgeManifest, recordManifest } from './take-manifest.ts';

/** A claim that nobody renews is due again after this, milliseconds. */
const CLAIM_MS = 60_000;

/** A row of `document` to be fetched, with the event that names it. */
export interface DocumentJob extends FetchJob {
  readonly author: IpaCode;
  readonly eventId: string;
  readonly role: DocumentRole;
}

interface DueRow {
  readonly owner: IpaCode;
  readonly uuid: PracticeId;
  readonly document: DocumentId;
  readonly author: IpaCode;
  readonly eventId: string;
  readonly role: DocumentRole;
  readonly size: string;
  readonly saltedDigest: string;
  readonly attempts: number;
  readonly decision: Buffer;
  readonly seconds: readonly IpaCode[];
}

/** The node's table of documents as the queue of what is still to fetch. */
export class PostgresFetchQueue implements FetchQueue<DocumentJob> {
  readonly #parts: NodeParts;
  readonly #refused: (error: HubError) => void;

  /** @param refused is told of a manifest that did not pass: an alarm */
  constructor(parts: NodeParts, refused: (error: HubError) => void) {
    this.#parts = parts;
    this.#refused = refused;
  }

  /** Claims due rows; the event's author is the first source, then those whose receipt says that they have everything. */
  async claim({ limit, now, busy }: ClaimRequest): Promise<readonly DocumentJob[]> {
    const rows = await this.#parts.work.run((tx) =>
      tx.query<DueRow>(
        `update document d set next_attempt_at = $2::timestamptz + make_interval(secs => $4)
         from (
           select owner, uuid, document_id from document
           where status <> 'complete' and next_attempt_at <= $2 and not (author = any($3::text[]))
           order by next_attempt_at limit $1 for update skip locked
         ) due, event e
         where d.owner = due.owner and d.uuid = due.uuid and d.document_id = due.document_id
           and e.author = d.author and e.event_id = d.event_id
         returning d.owner, d.uuid, d.document_id as document, d.author, d.event_id as "eventId", d.role, d.size,
           d.salted_digest as "saltedDigest", d.attempts, e.decision,
           array(select p.value->>'ipa' from practice pr, jsonb_array_elements(pr.participants) p
                 where pr.owner = d.owner and pr.uuid = d.uuid and (p.value->>'joined')::boolean) as seconds`,
        [limit, now, busy, CLAIM_MS / 1000],
      ),
    );
    return rows.map((row) => this.#job(row));
  }

  async renew(jobs: readonly DocumentJob[]): Promise<void> {
    const until = new Date(this.#parts.clock.now().getTime() + CLAIM_MS);
    await this.#parts.work.run(async (tx) => {
      for (const job of jobs) await due(tx, job, until);
    });
  }

  async release(job: DocumentJob): Promise<void> {
    await this.#parts.work.run((tx) => due(tx, job, this.#parts.clock.now()));
  }

  async postpone(job: DocumentJob, { state, failures, next }: Postponement): Promise<void> {
    const { key } = job.order;
    await this.#parts.work.run((tx) =>
      tx.query(
        `update document set status = $4, attempts = $5, next_attempt_at = $6,
           away_since = case when $4 = 'author-away' then coalesce(away_since, $7) end
         where owner = $1 and uuid = $2 and document_id = $3 and status in ('fetching', 'author-away')`,
        [key.owner, key.practice, key.document, state, failures, next, this.#parts.clock.now()],
      ),
    );
  }

  /** Marks the document; with the last one of its event, says so to the event's author, to the log and in the feed. */
  async complete(
    job: DocumentJob,
    { document }: Extract<FetchResult, { readonly state: 'complete' }>,
  ): Promise<void> {
    const received = await this.#parts.work.run((tx) => readAccepted(tx, job.author, job.eventId));
    if (job.role === 'manifest') return this.#takeManifest(job, document, received);
    const { key } = job.order;
    const now = this.#parts.clock.now();
    const search = await searchFieldsOf(this.#parts, received.event, { key, stored: document });
    await this.#marking(job, async (tx) => {
      await tx.query(
        `update document set status = 'complete', sha256 = $4, file_name = $5, next_attempt_at = null, away_since = null
         where owner = $1 and uuid = $2 and document_id = $3`,
        [key.owner, key.practice, key.document, document.sha256, document.name],
      );
      if (!ROLES_OF_ONE_EVENT.includes(job.role)) await orderCheck(tx, key, now);
      await insertSearchFields(tx, { owner: key.owner, uuid: key.practice }, search);
      await this.#sayIfComplete(tx, job, received, now);
    });
  }

  /** A manifest is complete with the rows of what it lists, which keep the event open until they are complete too. */
  async #takeManifest(job: DocumentJob, stored: StoredDocument, received: Received): Promise<void> {
    const { key } = job.order;
    const judged = await judgeManifest(this.#parts, received, key);
    const refused = await this.#marking(job, (tx) =>
      recordManifest(tx, this.#parts, received, { key, stored, judged }, this.#parts.clock.now()),
    );
    if (refused) this.#refused(refused);
  }

  /** Marks a document that nobody else has marked; documents of one event one after the other. */
  #marking<T>(job: DocumentJob, mark: (tx: Tx) => Promise<T>): Promise<T | undefined> {
    const { key } = job.order;
    return this.#parts.work.run(async (tx) => {
      // Two documents of one event that end at once must not both find the other one missing.
      await tx.query('select 1 as locked from event where author = $1 and event_id = $2 for update', [
        job.author,
        job.eventId,
      ]);
      const open = await tx.query(
        `select 1 as open from document
         where owner = $1 and uuid = $2 and document_id = $3 and status in ('fetching', 'author-away') for update`,
        [key.owner, key.practice, key.document],
      );
      return open.length === 0 ? undefined : mark(tx);
    });
  }

  async #sayIfComplete(tx: Tx, job: DocumentJob, accepted: Received, now: Date): Promise<void> {
    const missing = await tx.query(
      `select 1 as missing from document where author = $1 and event_id = $2 and status <> 'complete' limit 1`,
      [job.author, job.eventId],
    );
    if (missing.length > 0) return;
    const complete = receiptOf(accepted, this.#parts.ipa, 'documents-complete', now);
    const registered = await registerReceived(tx, this.#parts, accepted, now);
    const receipts = registered === null ? [complete] : [complete, registered];
    await sendReceipts(tx, receipts, this.#parts.signer, now);
    const { event, decision } = accepted;
    await appendFeed(
      tx,
      [
        {
          kind: 'documents-complete',
          owner: event.practice.owner,
          uuid: event.practice.uuid,
          author: event.author.ipa,
          eventId: event.id,
          type: event.type,
          position: decision.position,
        },
      ],
      now,
    );
  }

  #job(row: DueRow): DocumentJob {
    return {
      author: row.author,
      eventId: row.eventId,
      role: row.role,
      failures: row.attempts,
      order: {
        key: { owner: row.owner, practice: row.uuid, document: row.document },
        size: Number(row.size),
        saltedDigest: parseSha256(row.saltedDigest),
        decision: row.decision,
        sources: this.#sources(row),
      },
    };
  }

  /** Any participant may have the document by now; asking one that has not costs a 404. */
  #sources({ author, seconds }: DueRow): FetchSource[] {
    const others = seconds.filter((ipa) => ipa !== author && ipa !== this.#parts.ipa);
    return [author, ...others].flatMap((holder) => {
      const nodeUrl = this.#parts.registry.body(holder)?.nodeUrl;
      return nodeUrl === undefined ? [] : [{ holder, nodeUrl }];
    });
  }
}

async function due(tx: Tx, { order: { key } }: DocumentJob, at: Date): Promise<void> {
  await tx.query(
    `update document set next_attempt_at = $4 where owner = $1 and uuid = $2 and document_id = $3 and status in ('fetching', 'author-away')`,
    [key.owner, key.practice, key.document, at],
  );
}
