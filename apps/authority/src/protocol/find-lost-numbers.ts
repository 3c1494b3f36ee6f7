/** Numbers of the protocol register that were given out before a database was restored (ADR 23). */
import { ERROR_POLICIES } from '#errors';
import { registrationNumber } from '#protocollo';
import type { Tx, UnitOfWork } from '#persistence';
import { readPageCursor, writePageCursor } from '#platform';
import { z } from 'zod';
import type { EntryName } from './cancel-registration.ts';

/** Why a number has no entry. */
const REASONS = ['PROTOCOL_NUMBER_LOST', 'PROTOCOL_NUMBER_AWAITED'] as const;
export type LostReason = (typeof REASONS)[number];

export const lostQuery = z.object({
  register: z.string().max(16).optional().describe('Code of the register; all of them if absent'),
  year: z.coerce.number().int().min(1900).max(9999).optional(),
  all: z
    .enum(['true', 'false'])
    .default('false')
    .transform((text) => text === 'true')
    .describe('Also those that have their entry again'),
  after: z.string().max(100).optional().describe('The `next` of the page before'),
  limit: z.coerce.number().int().min(1).max(500).default(100),
});
export type LostQuery = z.output<typeof lostQuery>;

const lostNumber = z.object({
  register: z.string(),
  year: z.number().int(),
  number: z.string().describe('Seven digits or more'),
  foundAt: z.iso.datetime().describe('When this node found, after a restore, that it was given out'),
  message: z
    .object({ author: z.string(), eventId: z.uuid() })
    .nullable()
    .describe('Whose number it is; null if nobody can tell'),
  registeredAgain: z.boolean(),
  reason: z
    .object({
      code: z.enum(REASONS),
      sentence: z.object({ it: z.string(), en: z.string() }),
      remedy: z.object({ it: z.string(), en: z.string() }),
    })
    .nullable()
    .describe('Why it has no entry; null where it has it again'),
});
export type LostNumber = z.output<typeof lostNumber>;

export const lostPage = z.object({ numbers: z.array(lostNumber), next: z.string().nullable() });
export type LostPage = z.output<typeof lostPage>;

interface Row {
  readonly register: string;
  readonly year: number;
  readonly number: string;
  readonly author: string | null;
  readonly eventId: string | null;
  readonly foundAt: Date;
  readonly registeredAgain: boolean;
}

const COLUMNS = `l.register, l.year, l.number, l.author, l.event_id as "eventId", l.found_at as "foundAt",
  p.number is not null as "registeredAgain"`;
const FROM = 'from protocol_lost l left join protocol p using (register, year, number)';
const place = z.tuple([z.number().int(), z.string(), z.string()]);

/** The numbers of this node's register that a restore has found without their entries. */
export class FindLostNumbers {
  readonly #work: UnitOfWork;

  constructor(work: UnitOfWork) {
    this.#work = work;
  }

  /** By pages, newest first. @throws HubError `CURSOR_INVALID` */
  async list({ register, year, all, after, limit }: LostQuery): Promise<LostPage> {
    const [toYear, toNumber, toRegister] =
      after === undefined ? [null, null, null] : readPageCursor(place, after);
    const rows = await this.#work.run((tx) =>
      tx.query<Row>(
        `select ${COLUMNS} ${FROM}
         where ($1::text is null or l.register = $1) and ($2::int is null or l.year = $2)
           and ($3 or p.number is null)
           and ($4::int is null or (l.year, l.number, l.register) < ($4, $5::bigint, $6::text))
         order by l.year desc, l.number desc, l.register desc limit $7`,
        [register ?? null, year ?? null, all, toYear, toNumber, toRegister, limit + 1],
      ),
    );
    const page = rows.slice(0, limit);
    const last = rows.length > limit ? page.at(-1) : undefined;
    return {
      numbers: page.map(viewOf),
      next: last === undefined ? null : writePageCursor([last.year, last.number, last.register]),
    };
  }
}

/** Why a number has no entry, if it was given out before a restore. */
export async function lostReason(tx: Tx, { register, year, number }: EntryName): Promise<LostReason | null> {
  const [row] = await tx.query<Row>(
    `select ${COLUMNS} ${FROM} where l.register = $1 and l.year = $2 and l.number = $3`,
    [register, year, number],
  );
  return row === undefined ? null : reasonOf(row);
}

function reasonOf({ registeredAgain, eventId }: Row): LostReason | null {
  if (registeredAgain) return null;
  return eventId === null ? 'PROTOCOL_NUMBER_LOST' : 'PROTOCOL_NUMBER_AWAITED';
}

function viewOf(row: Row): LostNumber {
  const { register, year, number, author, eventId, foundAt, registeredAgain } = row;
  const code = reasonOf(row);
  return {
    register,
    year,
    number: registrationNumber(Number(number)),
    foundAt: foundAt.toISOString(),
    message: author === null || eventId === null ? null : { author, eventId },
    registeredAgain,
    reason: code && { code, ...inBoth(code) },
  };
}

function inBoth(code: LostReason) {
  const { it, en, remedy } = ERROR_POLICIES[code];
  return { sentence: { it, en }, remedy: { it: remedy.it, en: remedy.en } };
}
