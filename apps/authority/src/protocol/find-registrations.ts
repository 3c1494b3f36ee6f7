import type { Reader } from '#access-log';
import { HubError } from '#errors';
import { readPageCursor, writePageCursor } from '#platform';
import { z } from 'zod';
import type { NodeParts } from '../node-parts.ts';
import type { EntryName } from './cancel-registration.ts';
import { entryView, type EntryView } from './entry-view.ts';
import { lostReason } from './find-lost-numbers.ts';
import { DIRECTIONS, ENTRY_COLUMNS, ENTRY_TABLES, type EntryRow } from './protocol-rows.ts';

/** What `GET /v1/protocol` can be asked. */
export const registerQuery = z.object({
  year: z.coerce.number().int().min(1900).max(9999).optional(),
  from: z.iso.date().optional().describe('Registered on this day or later'),
  to: z.iso.date().optional().describe('Registered on this day or earlier'),
  direction: z.enum(DIRECTIONS).optional(),
  state: z.enum(['registered', 'cancelled']).optional(),
  q: z.string().trim().min(1).max(200).optional().describe('Text in subject, CUI or correspondents'),
  after: z.string().max(100).optional().describe('The `next` of the page before'),
  limit: z.coerce.number().int().min(1).max(500).default(50),
});
export type RegisterQuery = z.output<typeof registerQuery>;

export interface RegisterPage {
  readonly entries: readonly EntryView[];
  /** Cursor of the next page; null at the end. */
  readonly next: string | null;
}

/** The node's protocol register, newest first, by cursor pages. */
export class FindRegistrations {
  readonly #parts: Pick<NodeParts, 'work' | 'accesses'>;

  constructor(parts: Pick<NodeParts, 'work' | 'accesses'>) {
    this.#parts = parts;
  }

  /** @throws HubError `CURSOR_INVALID` */
  async list(query: RegisterQuery, reader: Reader | null): Promise<RegisterPage> {
    const after = query.after === undefined ? null : readCursor(query.after);
    const rows = await this.#parts.work.answer(async (tx) => {
      await this.#parts.accesses.note(tx, reader, { kind: 'protocol-register', practice: null, id: null });
      return tx.query<EntryRow>(
        `select ${ENTRY_COLUMNS} from ${ENTRY_TABLES}
         where ($1::int is null or t.year = $1)
           and ($2::date is null or t.day >= $2) and ($3::date is null or t.day <= $3)
           and ($4::text is null or t.direction = $4) and ($5::text is null or t.state = $5)
           and ($6::text is null or strpos(lower(concat_ws(' ', t.subject, p.cui, t.correspondents::text)), lower($6)) > 0)
           and ($7::int is null or (t.year, t.number, t.register) < ($7, $8::bigint, $9::text))
         order by t.year desc, t.number desc, t.register desc limit $10`,
        [
          query.year ?? null,
          query.from ?? null,
          query.to ?? null,
          query.direction ?? null,
          query.state ?? null,
          query.q ?? null,
          after?.year ?? null,
          after?.number ?? null,
          after?.register ?? null,
          query.limit + 1,
        ],
      );
    });
    const page = rows.slice(0, query.limit);
    const last = page.at(-1);
    return { entries: page.map(entryView), next: rows.length > page.length && last ? cursorOf(last) : null };
  }

  /** @throws HubError `PROTOCOL_ENTRY_NOT_FOUND`; `PROTOCOL_NUMBER_LOST`, `PROTOCOL_NUMBER_AWAITED` after a restore */
  show(name: EntryName, reader: Reader | null): Promise<EntryView> {
    const { register, year, number } = name;
    return this.#parts.work.answer(async (tx) => {
      const [row] = await tx.query<EntryRow>(
        `select ${ENTRY_COLUMNS} from ${ENTRY_TABLES} where t.register = $1 and t.year = $2 and t.number = $3`,
        [register, year, number],
      );
      if (row) {
        await this.#parts.accesses.note(tx, reader, { kind: 'protocol', practice: row, id: row.eventId });
        return entryView(row);
      }
      const code = (await lostReason(tx, name)) ?? 'PROTOCOL_ENTRY_NOT_FOUND';
      throw new HubError(code, `the register ${register} has no entry ${year}/${number}`);
    });
  }
}

const cursorShape = z.tuple([z.number().int(), z.string(), z.string()]);

function cursorOf({ year, number, register }: EntryRow): string {
  return writePageCursor([year, number, register]);
}

function readCursor(text: string): {
  readonly year: number;
  readonly number: string;
  readonly register: string;
} {
  const [year, number, register] = readPageCursor(cursorShape, text);
  return { year, number, register };
}
