import { z } from 'zod';

/** An entry of a body's protocol register; nodes may say more. */
export const protocolEntry = z.looseObject({
  register: z.string(),
  year: z.int(),
  number: z.string(),
  date: z.string(),
  direction: z.string(),
  cui: z.string().nullable(),
  eventId: z.string(),
  author: z.string(),
  type: z.string(),
  subject: z.string(),
  correspondents: z.array(z.looseObject({ name: z.string() })),
  sent: z.looseObject({ body: z.string(), number: z.string(), date: z.string() }).nullable(),
  state: z.string(),
  cancellation: z.looseObject({ at: z.string(), reason: z.string(), act: z.string() }).nullable(),
});
export type ProtocolEntry = z.output<typeof protocolEntry>;

export const protocolPage = z.object({ entries: z.array(protocolEntry), next: z.string().nullable() });

/** `2026/0000042`, as a person names an entry. */
const NAME = /^(\d{4})\/(\d{1,12})$/;

/** Path of the entry that a person names; undefined if the text names none. */
export function entryPath(name: string): string | undefined {
  const [, year, number] = NAME.exec(name) ?? [];
  return year === undefined || number === undefined ? undefined : `/v1/protocol/${year}/${Number(number)}`;
}

/** An entry in words. */
export function entryFields(entry: ProtocolEntry): Readonly<Record<string, string>> {
  const { register, year, number, date, direction, subject, cui, author, type, state } = entry;
  const { correspondents, sent, cancellation } = entry;
  return {
    entry: `${register} ${year}/${number}`,
    date,
    direction,
    subject,
    cui: cui ?? '-',
    event: `${type} of ${author}`,
    correspondents: correspondents.map(({ name }) => name).join('; ') || '-',
    sent: sent === null ? '-' : `${sent.body} ${sent.number} ${sent.date}`,
    state,
    cancelled: cancellation === null ? '-' : `${cancellation.at} ${cancellation.reason} ${cancellation.act}`,
  };
}
