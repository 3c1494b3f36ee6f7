import { HubError } from '#errors';
import { sha256Hex } from '#evidence';
import type { Tx, UnitOfWork } from '#persistence';
import { readPageCursor, writePageCursor } from '#platform';
import { z } from 'zod';

const actionView = z.object({
  id: z.uuid().describe('Its name in the log, with this node’s'),
  kind: z.string().describe('What was done, e.g. quarantine.released'),
  outcome: z.string().describe('What came of it'),
  subject: z.string().describe('What it was done to'),
  at: z.date(),
  by: z
    .object({
      tokenId: z.string().nullable().describe('null: the node itself'),
      label: z.string().nullable(),
    })
    .describe('The token that acted. Its label is known here alone: the log has a reference'),
  reason: z.string().nullable().describe('In the operator’s words. The log has a salted digest'),
  sha256: z.string().describe('Of the signed item: what the leaf of the log names'),
});
export type ActionView = z.output<typeof actionView>;

export const actionPage = z.object({ actions: z.array(actionView), next: z.string().nullable() });
export type ActionPage = z.output<typeof actionPage>;

export const oneAction = actionView.extend({
  item: z.string().describe('The signed item, base64: it verifies alone'),
  reasonSalt: z.string().nullable().describe('base64'),
});
export type OneAction = z.output<typeof oneAction>;

const place = z.tuple([z.iso.datetime(), z.uuid()]);

interface Row extends Omit<ActionView, 'by' | 'sha256'> {
  readonly tokenId: string | null;
  readonly label: string | null;
  readonly item: Buffer;
  readonly salt: Buffer | null;
}

const COLUMNS = `a.id, a.kind, a.outcome, a.subject, a.token_id as "tokenId", t.label, a.reason, a.reason_salt as salt, a.item, a.at`;
const FROM = 'from operator_action a left join access_token t on t.id = a.token_id';

/** What operators did at this node, for its own operators. */
export class ReadActions {
  readonly #work: UnitOfWork;

  constructor(work: UnitOfWork) {
    this.#work = work;
  }

  /** By pages, oldest first. @throws HubError `CURSOR_INVALID` */
  async list(query: {
    readonly after?: string | undefined;
    readonly subject?: string | undefined;
    readonly limit: number;
  }): Promise<ActionPage> {
    const [at, id] = query.after === undefined ? [null, null] : readPageCursor(place, query.after);
    const rows = await this.#work.run((tx) =>
      tx.query<Row>(
        `select ${COLUMNS} ${FROM}
         where ($1::timestamptz is null or (a.at, a.id) > ($1, $2::uuid)) and ($4::text is null or a.subject = $4)
         order by a.at, a.id limit $3`,
        [at, id, query.limit, query.subject ?? null],
      ),
    );
    const last = rows.length === query.limit ? rows.at(-1) : undefined;
    return {
      actions: rows.map(view),
      next: last === undefined ? null : writePageCursor([last.at.toISOString(), last.id]),
    };
  }

  /** Of one subject, oldest first. */
  async about(tx: Tx, subject: string): Promise<readonly ActionView[]> {
    const rows = await tx.query<Row>(
      `select ${COLUMNS} ${FROM} where a.subject = $1 order by a.at, a.id limit 100`,
      [subject],
    );
    return rows.map(view);
  }

  /** @throws HubError `ACTION_NOT_FOUND` */
  async get(id: string): Promise<OneAction> {
    const [row] = await this.#work.run((tx) =>
      tx.query<Row>(`select ${COLUMNS} ${FROM} where a.id = $1`, [id]),
    );
    if (row === undefined) throw new HubError('ACTION_NOT_FOUND', `no action ${id}`);
    return {
      ...view(row),
      item: row.item.toString('base64'),
      reasonSalt: row.salt?.toString('base64') ?? null,
    };
  }
}

function view({ id, kind, outcome, subject, at, tokenId, label, reason, item }: Row): ActionView {
  return { id, kind, outcome, subject, at, by: { tokenId, label }, reason, sha256: sha256Hex(item) };
}
