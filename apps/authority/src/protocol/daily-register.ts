import type { Reader } from '#access-log';
import { CANCELLATION_REASONS } from '#contracts';
import { HubError } from '#errors';
import { registrationNumber, romeTime } from '#protocollo';
import { canonicalJson } from '#tlog';
import { z } from 'zod';
import type { NodeParts } from '../node-parts.ts';
import { entryShape, entryView, type EntryView } from './entry-view.ts';
import { awaitRegister, ENTRY_COLUMNS, ENTRY_TABLES, type EntryRow } from './protocol-rows.ts';

const DAILY_VERSION = 1;

/** The entries of a day as they were made: what became of them later belongs to a later day. */
const dailyEntry = entryShape.omit({ state: true, cancellation: true, segnatura: true });
type DailyEntry = z.output<typeof dailyEntry>;

export const dailyShape = z.object({
  version: z.literal(DAILY_VERSION),
  body: z.string(),
  register: z.string(),
  date: z.iso.date(),
  entries: z.array(dailyEntry).describe('By number'),
  cancellations: z
    .array(
      z.object({
        year: z.number().int(),
        number: z.string(),
        at: z.iso.datetime(),
        reason: z.enum(CANCELLATION_REASONS),
        act: z.string(),
        note: z.string().nullable(),
      }),
    )
    .describe('Made on this day, of entries of this or an earlier one'),
});
export type DailyRegisterView = z.output<typeof dailyShape>;

/**
 * The daily register of protocol (art. 53 c. 5 DPR 445/2000): what was registered and what was cancelled on one day, to
 * be handed to preservation. Of a day that is over it never changes: the same bytes whenever it is asked.
 */
export class DailyRegister {
  readonly #parts: NodeParts;

  constructor(parts: NodeParts) {
    this.#parts = parts;
  }

  /**
   * @param date `YYYY-MM-DD`, by the clocks of Italy
   * @returns RFC 8785 canonical JSON of {@link dailyShape}
   * @throws HubError `PROTOCOL_DAY_OPEN` for a day that is not over
   */
  async run(register: string, date: string, reader: Reader | null): Promise<Buffer> {
    if (date >= romeTime(this.#parts.clock.now()).date)
      throw new HubError('PROTOCOL_DAY_OPEN', `${date} is not over yet in Italy`);
    const [entries, cancelled] = await this.#parts.work.run(async (tx) => {
      await awaitRegister(tx, register);
      await this.#parts.accesses.note(tx, reader, { kind: 'protocol-register', practice: null, id: null });
      const made = await tx.query<EntryRow>(
        `select ${ENTRY_COLUMNS} from ${ENTRY_TABLES} where t.register = $1 and t.day = $2 order by t.number`,
        [register, date],
      );
      const undone = await tx.query<EntryRow>(
        `select ${ENTRY_COLUMNS} from ${ENTRY_TABLES}
         where t.register = $1 and t.cancelled_at >= $2::date::timestamp at time zone 'Europe/Rome'
           and t.cancelled_at < ($2::date + 1)::timestamp at time zone 'Europe/Rome'
         order by t.cancelled_at, t.year, t.number`,
        [register, date],
      );
      return [made, undone] as const;
    });
    const day: DailyRegisterView = {
      version: DAILY_VERSION,
      body: this.#parts.ipa,
      register,
      date,
      entries: entries.map((row) => asMade(entryView(row))),
      cancellations: cancelled.flatMap(asCancelled),
    };
    return canonicalJson(plain(day));
  }
}

function asMade(view: EntryView): DailyEntry {
  return dailyEntry.parse(view);
}

function asCancelled(row: EntryRow): DailyRegisterView['cancellations'] {
  const { cancellation } = entryView(row);
  if (cancellation === null) return [];
  return [{ year: row.year, number: registrationNumber(Number(row.number)), ...cancellation }];
}

/** Without members that are undefined, which JSON does not have. */
function plain(value: DailyRegisterView): Parameters<typeof canonicalJson>[0] {
  return JSON.parse(JSON.stringify(value)) as Parameters<typeof canonicalJson>[0];
}
