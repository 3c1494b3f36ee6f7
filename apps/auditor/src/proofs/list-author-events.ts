import type { UnitOfWork } from '#persistence';
import type { AuthorEvents } from './proof-shapes.ts';

/** What the log holds of one author, newest first: ids and digests, as in the leaves. */
export class ListAuthorEvents {
  readonly #work: UnitOfWork;

  constructor(work: UnitOfWork) {
    this.#work = work;
  }

  /** An unknown author has no events. */
  async run(author: string, limit: number): Promise<AuthorEvents> {
    const rows = await this.#work.run((tx) =>
      tx.query<{ index: string; eventId: string; sha256: string }>(
        `select l.index, e.event_id as "eventId", encode(e.sha256, 'hex') as sha256
         from log_leaf l join log_entry e on e.id = l.entry
         where l.author = lower($1) order by l.index desc limit $2`,
        [author, limit],
      ),
    );
    return { author, events: rows.map((row) => ({ ...row, index: Number(row.index) })) };
  }
}
