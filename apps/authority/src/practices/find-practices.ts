import type { Reader } from '#access-log';
import { readPageCursor, writePageCursor } from '#platform';
import { z } from 'zod';
import type { NodeParts } from '../node-parts.ts';
import { PRACTICE_COLUMNS, summaryOf, type PracticeRow, type PracticeSummary } from './practice-rows.ts';

/** What `GET /v1/practices` can be asked. */
export const practiceQuery = z.object({
  cui: z.string().max(60).optional().describe('The whole CUI'),
  q: z.string().trim().min(1).max(200).optional().describe('Text in one of the form’s search fields'),
  procedure: z.string().max(100).optional(),
  state: z.string().max(60).optional(),
  from: z.iso.date().optional().describe('Filed on this day or later'),
  to: z.iso.date().optional().describe('Filed on this day or earlier'),
  after: z.string().max(200).optional().describe('The `next` of the page before'),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});

export interface PracticePage {
  readonly practices: readonly PracticeSummary[];
  /** Cursor of the next page; null at the end. */
  readonly next: string | null;
}

/** Practices this node takes part in, newest filing first, by cursor pages. */
export class FindPractices {
  readonly #parts: Pick<NodeParts, 'work' | 'accesses'>;

  constructor(parts: Pick<NodeParts, 'work' | 'accesses'>) {
    this.#parts = parts;
  }

  /** @throws HubError `CURSOR_INVALID` */
  async run(query: z.output<typeof practiceQuery>, reader: Reader | null): Promise<PracticePage> {
    const after = query.after === undefined ? null : readCursor(query.after);
    const rows = await this.#parts.work.answer(async (tx) => {
      await this.#parts.accesses.note(tx, reader, { kind: 'practices', practice: null, id: null });
      return tx.query<PracticeRow>(
        `select ${PRACTICE_COLUMNS} from practice p
         where ($1::text is null or lower(p.cui) = lower($1))
           and ($2::text is null or exists (select 1 from practice_search s
                 where s.owner = p.owner and s.uuid = p.uuid and strpos(lower(s.value), lower($2)) > 0))
           and ($3::text is null or p.procedure_code = $3)
           and ($4::text is null or p.state_code = $4)
           and ($5::date is null or p.filed_at >= $5::date::timestamp at time zone 'Europe/Rome')
           and ($6::date is null or p.filed_at < ($6::date + 1)::timestamp at time zone 'Europe/Rome')
           and ($7::timestamptz is null or (p.filed_at, p.uuid, p.owner) < ($7, $8::uuid, $9::text))
         order by p.filed_at desc, p.uuid desc, p.owner desc limit $10`,
        [
          query.cui ?? null,
          query.q ?? null,
          query.procedure ?? null,
          query.state ?? null,
          query.from ?? null,
          query.to ?? null,
          after?.at ?? null,
          after?.uuid ?? null,
          after?.owner ?? null,
          query.limit + 1,
        ],
      );
    });
    const page = rows.slice(0, query.limit);
    const last = page.at(-1);
    return {
      practices: page.map(summaryOf),
      next: rows.length > page.length && last ? writeCursor(last) : null,
    };
  }
}

const cursorShape = z.tuple([z.iso.datetime(), z.uuid(), z.string()]);

function writeCursor(row: PracticeRow): string {
  return writePageCursor([row.filedAt.toISOString(), row.uuid, row.owner]);
}

function readCursor(text: string): { readonly at: string; readonly uuid: string; readonly owner: string } {
  const [at, uuid, owner] = readPageCursor(cursorShape, text);
  return { at, uuid, owner };
}
