import type { DocumentKey } from '#documents';
import { HubError } from '#errors';
import { queueNow, type Tx } from '#persistence';
import { rest, type Logger } from '#platform';
import type { NodeParts } from '../node-parts.ts';

/** Rows looked at between two statements. */
const AT_ONCE = 500;
/** Between two pages it rests so many times as long as the page took: what has just come must not wait for it. */
const REST = 4;
/** How often the whole store is looked through, beside the start, milliseconds. */
const CHECK_EVERY_MS = 86_400_000;
/** What the store says of a document that is not there, or not as long as it was, or does not open. */
const GONE: ReadonlySet<string> = new Set(['DOCUMENT_NOT_FOUND', 'DOCUMENT_CORRUPT', 'DOCUMENT_KEY_MISSING']);

/** One look through the store. */
export interface StoreCheck {
  readonly startedAt: Date;
  /** Null while it goes on. */
  readonly endedAt: Date | null;
  /** Documents looked at. */
  readonly checked: number;
  /** Of these, the ones that are not there as they were. */
  readonly missing: number;
  /** Of these, the ones that could not be looked at: the disk gave another fault. */
  readonly failed: number;
}

interface Row extends DocumentKey {
  readonly size: string;
  readonly saltedDigest: string;
  readonly status: 'complete' | 'author-away';
}

interface Found {
  readonly missing: readonly Row[];
  readonly failed: number;
  readonly destroyed: readonly Row[];
}

export interface LostDocumentsParts {
  readonly parts: Pick<NodeParts, 'ipa' | 'work' | 'documents' | 'clock'>;
  /** Called when there is something to fetch back. */
  readonly found: () => void;
  /** Told of documents whose key is destroyed and whose rows say otherwise. */
  readonly destroyed: (keys: readonly DocumentKey[]) => Promise<void>;
  readonly logger: Pick<Logger, 'info' | 'error'>;
}

/**
 * Finds documents that the database names and the disk has lost, or holds with other bytes. Of each document a look
 * reads the header and the length, not the content: that is compared with its digest when it is served, and before it
 * counts as fetched back.
 */
export class LostDocuments {
  readonly #of: LostDocumentsParts;
  #last: StoreCheck | null = null;
  #running: Promise<unknown> = Promise.resolve();
  #isRunning = false;
  readonly #closing = new AbortController();

  constructor(parts: LostDocumentsParts) {
    this.#of = parts;
  }

  /** The last look through the store by this process, or the one that goes on; null before the first. */
  get lastCheck(): StoreCheck | null {
    return this.#last;
  }

  /**
   * Looks through the store in the background and with a fifth of the time, unless that goes on; what is lost is tried
   * anew at once.
   */
  checkSoon(): void {
    if (this.#closing.signal.aborted || this.#isRunning) return;
    this.#isRunning = true;
    this.#running = this.check()
      .catch((error: unknown) => {
        this.#of.logger.error({ err: error }, 'the store of documents could not be looked through');
      })
      .finally(() => {
        this.#isRunning = false;
      });
  }

  /** The same once a day. */
  checkDaily(): void {
    const before = this.#of.parts.clock.now().getTime() - CHECK_EVERY_MS;
    if (this.#last === null || this.#last.startedAt.getTime() <= before) this.checkSoon();
  }

  /** Notes that a document was not to be read when somebody wanted it. */
  async note(key: DocumentKey): Promise<void> {
    if (await this.#note([key])) this.#of.found();
  }

  async check(): Promise<StoreCheck> {
    const { clock, work } = this.#of.parts;
    const startedAt = clock.now();
    let sum: StoreCheck = { startedAt, endedAt: null, checked: 0, missing: 0, failed: 0 };
    this.#last = sum;
    await work.run((tx) =>
      tx.query(`update lost_document set next_attempt_at = ${queueNow('$1')}`, [startedAt]),
    );
    const { signal } = this.#closing;
    for (let rows = await this.#page(); rows.length > 0 && !signal.aborted;) {
      const begun = performance.now();
      const { missing, failed, destroyed } = await this.#look(rows);
      await this.#note(missing);
      await this.#of.destroyed(destroyed);
      sum = {
        ...sum,
        checked: sum.checked + rows.length,
        missing: sum.missing + missing.length,
        failed: sum.failed + failed,
      };
      this.#last = sum;
      const isLast = rows.length < AT_ONCE;
      rows = isLast ? [] : await this.#page(rows.at(-1));
      const took = performance.now() - begun;
      if (!isLast) await rest(took * REST, signal);
    }
    this.#last = { ...sum, endedAt: clock.now() };
    if (sum.missing > 0) this.#of.logger.error({ ...this.#last }, 'documents are missing from the store');
    this.#of.found();
    return this.#last;
  }

  /** Ends the look that goes on. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#running;
  }

  /** What is to be in the store, by key; of own events also what was not there when they were adopted (ADR 23). */
  #page(after?: DocumentKey): Promise<Row[]> {
    const { ipa, work } = this.#of.parts;
    return work.run((tx) =>
      tx.query<Row>(
        `select owner, uuid as practice, document_id as document, size, salted_digest as "saltedDigest", status
         from document
         where (status = 'complete' or status = 'author-away' and author = $1)
           and ($2::text is null or (owner, uuid, document_id) > ($2, $3::uuid, $4::uuid))
         order by owner, uuid, document_id limit $5`,
        [ipa, after?.owner ?? null, after?.practice ?? null, after?.document ?? null, AT_ONCE],
      ),
    );
  }

  async #look(rows: readonly Row[]): Promise<Found> {
    const missing: Row[] = [];
    const destroyed: Row[] = [];
    let failed = 0;
    for (const row of rows) {
      try {
        if (row.status !== 'complete' || !(await this.#isThere(row))) missing.push(row);
      } catch (error) {
        if (error instanceof HubError && error.code === 'DOCUMENT_DESTROYED') {
          destroyed.push(row);
          continue;
        }
        failed += 1;
        if (failed === 1)
          this.#of.logger.error({ err: error, document: row.document }, 'a document cannot be looked at');
      }
    }
    return { missing, failed, destroyed };
  }

  async #isThere(row: Row): Promise<boolean> {
    try {
      const { size, saltedDigest } = await this.#of.parts.documents.stat(row);
      return size === Number(row.size) && saltedDigest === row.saltedDigest;
    } catch (error) {
      if (error instanceof HubError && GONE.has(error.code)) return false;
      throw error;
    }
  }

  /** @returns whether any is news */
  async #note(keys: readonly DocumentKey[]): Promise<boolean> {
    if (keys.length === 0) return false;
    const { work, clock } = this.#of.parts;
    return work.run((tx) => noteLost(tx, keys, clock.now()));
  }
}

/** Notes documents as lost, to be fetched back at once. @returns whether any is news */
export async function noteLost(tx: Tx, keys: readonly DocumentKey[], now: Date): Promise<boolean> {
  const news = await tx.query(
    `insert into lost_document (owner, uuid, document_id, found_at, next_attempt_at)
     select d.owner, d.uuid, d.document_id, $2, ${queueNow('$2')}
     from json_to_recordset($1) as k(owner text, practice uuid, document uuid)
       join document d on (d.owner, d.uuid, d.document_id) = (k.owner, k.practice, k.document)
     where d.status in ('complete', 'author-away')
     on conflict do nothing returning document_id`,
    [JSON.stringify(keys.map(({ owner, practice, document }) => ({ owner, practice, document }))), now],
  );
  return news.length > 0;
}
