import type { UnitOfWork } from '#persistence';
import { readPageCursor, writePageCursor } from '#platform';
import { z } from 'zod';
import { ACCESS_COLUMNS, ACCESS_TABLES, accessView, viewOf, type AccessRow } from './access-view.ts';

/** What `GET /v1/accesses` can be asked. */
export const accessQuery = z.object({
  practice: z.uuid().toLowerCase().optional().describe('Of this practice'),
  owner: z.string().max(16).optional().describe('IPA code of the owner, when two have this id'),
  token: z.uuid().optional().describe('By this token'),
  operator: z.string().max(200).optional().describe('By this operator, as the token’s system has named it'),
  from: z.iso.datetime({ offset: true }).optional().describe('At this time or later'),
  to: z.iso.datetime({ offset: true }).optional().describe('Before this time'),
  after: z.string().max(200).optional().describe('The `next` of the page before'),
  limit: z.coerce.number().int().min(1).max(500).default(100),
});
export type AccessQuery = z.output<typeof accessQuery>;

export const accessPage = z.object({ accesses: z.array(accessView), next: z.string().nullable() });
export type AccessPage = z.output<typeof accessPage>;

const place = z.tuple([z.iso.datetime(), z.uuid()]);

/** Who has read what at this node, for its own operators: oldest first, by pages. */
export class ListAccesses {
  readonly #work: UnitOfWork;

  constructor(work: UnitOfWork) {
    this.#work = work;
  }

  /** @throws HubError `CURSOR_INVALID` */
  async run(query: AccessQuery): Promise<AccessPage> {
    const [at, id] = query.after === undefined ? [null, null] : readPageCursor(place, query.after);
    const { practice, owner, token, operator, from, to, limit } = query;
    const rows = await this.#work.run((tx) =>
      tx.query<AccessRow>(
        `select ${ACCESS_COLUMNS} from ${ACCESS_TABLES}
         where ($1::uuid is null or r.uuid = $1) and ($2::text is null or lower(r.owner) = lower($2))
           and ($3::uuid is null or r.token_id = $3) and ($4::text is null or r.operator = $4)
           and ($5::timestamptz is null or r.at >= $5) and ($6::timestamptz is null or r.at < $6)
           and ($7::timestamptz is null or (r.at, r.id) > ($7, $8::uuid))
         order by r.at, r.id limit $9`,
        [...[practice, owner, token, operator, from, to].map((value) => value ?? null), at, id, limit],
      ),
    );
    const last = rows.length === limit ? rows.at(-1) : undefined;
    return {
      accesses: rows.map(viewOf),
      next: last === undefined ? null : writePageCursor([last.at.toISOString(), last.id]),
    };
  }
}
