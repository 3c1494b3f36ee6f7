import type { UnitOfWork } from '#persistence';
import { readPageCursor, writePageCursor } from '#platform';
import { z } from 'zod';
import type { RequestDetail, RequestView } from './retention-shapes.ts';
import { listRequests, viewRequest } from './retention-store.ts';

const place = z.tuple([z.iso.datetime(), z.uuid()]);

export interface RequestPage {
  readonly requests: RequestView[];
  readonly next: string | null;
}

/** Shows requests to destroy documents, and what became of them. */
export class FindRequests {
  readonly #work: UnitOfWork;

  constructor(work: UnitOfWork) {
    this.#work = work;
  }

  /** By pages, newest first. @throws HubError `CURSOR_INVALID` */
  async list(after: string | undefined, limit: number, now: Date): Promise<RequestPage> {
    const from = after === undefined ? [] : readPageCursor(place, after);
    const requests = await this.#work.read((tx) => listRequests(tx, { now, after: from, limit }));
    const last = requests.length === limit ? requests.at(-1) : undefined;
    const next = last === undefined ? null : writePageCursor([last.requestedAt.toISOString(), last.id]);
    return { requests, next };
  }

  /** @throws HubError `RETENTION_REQUEST_NOT_FOUND` */
  show(id: string, now: Date): Promise<RequestDetail> {
    return this.#work.read(async (tx) => {
      const view = await viewRequest(tx, id, now);
      const of = await tx.query<Omit<RequestDetail['of'][number], 'bytes'> & { readonly bytes: string }>(
        `select x.owner, x.uuid as "practiceId", p.cui, x.basis, x.closed_at as "closedAt", x.documents, x.bytes, x.spared,
           x.action
         from retention_practice x join practice p using (owner, uuid)
         where x.request = $1 order by p.filed_at, x.uuid`,
        [id],
      );
      return { ...view, of: of.map((row) => ({ ...row, bytes: Number(row.bytes) })) };
    });
  }
}
