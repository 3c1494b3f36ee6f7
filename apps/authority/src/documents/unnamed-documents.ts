import type { DocumentKey, DocumentStore } from '#documents';
import type { UnitOfWork } from '#persistence';
import type { Logger } from '#platform';

/** Documents asked about with one statement. */
const AT_ONCE = 500;

/**
 * Finds documents in the store that no event names: a crash between upload and commit leaves them. A request in hand
 * looks the same, so what is unnamed is deleted only when it still is at the next look, an hour later. So is what a copy
 * of the folder has brought back of documents that were destroyed.
 */
export class UnnamedDocuments {
  readonly #store: DocumentStore;
  readonly #work: UnitOfWork;
  readonly #logger: Pick<Logger, 'warn'>;
  #suspects: ReadonlySet<string> = new Set();

  constructor(store: DocumentStore, work: UnitOfWork, logger: Pick<Logger, 'warn'>) {
    this.#store = store;
    this.#work = work;
    this.#logger = logger;
  }

  /** @returns how many documents it deleted */
  async sweep(): Promise<number> {
    const unnamed = await this.#unnamed();
    const leftOver = [...unnamed].filter(([name]) => this.#suspects.has(name));
    for (const [name, key] of leftOver) {
      await this.#store.delete(key);
      unnamed.delete(name);
    }
    this.#suspects = new Set(unnamed.keys());
    if (leftOver.length > 0)
      this.#logger.warn(
        { deleted: leftOver.length },
        'documents of requests that never ended, or destroyed before, were deleted',
      );
    return leftOver.length;
  }

  async #unnamed(): Promise<Map<string, DocumentKey>> {
    const found = new Map<string, DocumentKey>();
    let batch: DocumentKey[] = [];
    const look = async (): Promise<void> => {
      for (const key of await this.#withoutRow(batch))
        found.set(`${key.owner}/${key.practice}/${key.document}`, key);
      batch = [];
    };
    for await (const key of this.#store.keys()) {
      batch.push(key);
      if (batch.length === AT_ONCE) await look();
    }
    await look();
    return found;
  }

  async #withoutRow(keys: readonly DocumentKey[]): Promise<DocumentKey[]> {
    if (keys.length === 0) return [];
    return this.#work.run((tx) =>
      tx.query<DocumentKey>(
        `select k.owner, k.practice, k.document
         from unnest($1::text[], $2::uuid[], $3::uuid[]) as k(owner, practice, document)
         where not exists (select 1 from document d
           where d.owner = k.owner and d.uuid = k.practice and d.document_id = k.document
             and d.status <> 'destroyed')`,
        [keys.map((key) => key.owner), keys.map((key) => key.practice), keys.map((key) => key.document)],
      ),
    );
  }
}
