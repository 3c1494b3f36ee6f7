import { parseEvent } from '#contracts';
import type { Tx, UnitOfWork } from '#persistence';
import { readPageCursor, writePageCursor, type ProbeResult } from '#platform';
import { inWords } from '#quarantine';
import { z } from 'zod';

/** What `GET /v1/events/parked` can be asked. */
export const parkedQuery = z.object({
  code: z.string().max(64).optional().describe('Parked for this code'),
  after: z.string().max(200).optional().describe('The `next` of the page before'),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});

const bothLanguages = z.object({ it: z.string(), en: z.string() });
const parkedEvent = z.object({
  eventId: z.uuid(),
  type: z.string(),
  number: z.number().int().describe('Among this node’s events of the practice'),
  practice: z.object({ owner: z.string(), uuid: z.uuid(), cui: z.string() }),
  where: z.literal('router').describe('Who parked it'),
  code: z.string(),
  reason: z.string().nullable().describe('What was wrong, in the router’s words'),
  sentence: bothLanguages.optional(),
  remedy: bothLanguages.optional(),
  parkedAt: z.date().describe('When this node heard of it'),
  voidedBy: z
    .uuid()
    .nullable()
    .describe('The act of this node’s that closes its number; null while it waits for somebody'),
});
export const parkedPage = z.object({ events: z.array(parkedEvent), next: z.string().nullable() });
export type ParkedPage = z.output<typeof parkedPage>;

interface Row {
  readonly eventId: string;
  readonly type: string;
  readonly number: number;
  readonly owner: string;
  readonly uuid: string;
  readonly cui: string;
  readonly code: string;
  readonly reason: string | null;
  readonly parkedAt: Date;
}

const place = z.tuple([z.iso.datetime(), z.uuid()]);

/** Of what is parked, so much is looked at for the node's health. */
const PROBED = 200;

/** This node's own events that the router has parked and that were not issued again, oldest first. */
export class ListParked {
  readonly #work: UnitOfWork;

  constructor(work: UnitOfWork) {
    this.#work = work;
  }

  /** @throws HubError `CURSOR_INVALID` */
  async run({ code, after, limit }: z.output<typeof parkedQuery>): Promise<ParkedPage> {
    const [at, id] = after === undefined ? [null, null] : readPageCursor(place, after);
    return this.#work.read(async (tx) => {
      const rows = await tx.query<Row>(
        `select e.event_id as "eventId", e.type, e.number, e.owner, e.uuid, p.cui, e.parked_code as code,
           e.parked_reason as reason, e.parked_at as "parkedAt"
         from event e join practice p using (owner, uuid)
         where e.status = 'parked' and ($1::text is null or e.parked_code = $1)
           and ($2::timestamptz is null or (e.parked_at, e.event_id) > ($2, $3::uuid))
         order by e.parked_at, e.event_id limit $4`,
        [code ?? null, at, id, limit],
      );
      const voids = await voidsIn(tx, rows);
      const last = rows.length === limit ? rows.at(-1) : undefined;
      return {
        events: rows.map(({ owner, uuid, cui, ...row }) => ({
          ...row,
          ...inWords(row.code),
          practice: { owner, uuid, cui },
          where: 'router',
          voidedBy: voids.get(slotOf(owner, uuid, row.number)) ?? null,
        })),
        next: last === undefined ? null : writePageCursor([last.parkedAt.toISOString(), last.eventId]),
      };
    });
  }

  /** A node with an event that waits for its author is degraded. */
  async probe(): Promise<ProbeResult> {
    const { events, next } = await this.run({ limit: PROBED });
    const open = events.filter(({ voidedBy }) => voidedBy === null);
    const count = `${open.length}${next === null ? '' : '+'} parked by the router`;
    if (open.length === 0) return { status: 'up', detail: count };
    const codes = Map.groupBy(open, ({ code }) => code);
    const byCode = [...codes].map(([code, group]) => `${code} ${group.length}`).join(', ');
    return { status: 'degraded', detail: `${count}: ${byCode}` };
  }
}

function slotOf(owner: string, uuid: string, number: number): string {
  return `${owner}/${uuid}/${number}`;
}

/** This node's acts that close numbers in these practices, by what they close. */
async function voidsIn(tx: Tx, rows: readonly Row[]): Promise<ReadonlyMap<string, string>> {
  if (rows.length === 0) return new Map();
  const voids = await tx.query<{ owner: string; uuid: string; bytes: Buffer }>(
    `select distinct v.owner, v.uuid, v.bytes from event v
     join unnest($1::text[], $2::uuid[]) as p(owner, uuid) on v.owner = p.owner and v.uuid = p.uuid
     where v.type = 'event.voided' and v.status in ('accepted', 'provisional', 'waiting')
       and v.author in (select distinct author from event where event_id = any($3::uuid[]) and status = 'parked')`,
    [rows.map(({ owner }) => owner), rows.map(({ uuid }) => uuid), rows.map(({ eventId }) => eventId)],
  );
  return new Map(
    voids.flatMap(({ owner, uuid, bytes }) => {
      const { id, body } = parseEvent(bytes);
      return body.type === 'event.voided' ? [[slotOf(owner, uuid, body.number), id] as const] : [];
    }),
  );
}
