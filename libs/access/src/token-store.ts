import type { DataSource } from 'typeorm';
import { z } from 'zod';

import { HubError } from '#errors';
import { UnitOfWork, type Tx } from '#persistence';
import type { Clock, IdSource } from '#platform';

import type { Principal } from './principal.ts';
import { SCOPES, type Scope } from './scopes.ts';
import { hashToken, isTokenText } from './token-text.ts';

/** What a node knows about one of its tokens. */
export interface TokenRecord {
  readonly id: string;
  readonly label: string;
  readonly scopes: readonly Scope[];
  readonly createdAt: Date;
  readonly revokedAt: Date | null;
  /** To the minute; null if never used. */
  readonly lastUsedAt: Date | null;
}

export interface NewToken {
  /** The partner system that will use it, for people. */
  readonly label: string;
  readonly scopes: readonly Scope[];
}

/** A use is written down at most this often for each token. */
const USE_RESOLUTION = '1 minute';
const COLUMNS = 'id, label, scopes, created_at, revoked_at, last_used_at';

const tokenRow = z
  .object({
    id: z.string(),
    label: z.string(),
    scopes: z.array(z.enum(SCOPES)),
    created_at: z.date(),
    revoked_at: z.date().nullable(),
    last_used_at: z.date().nullable(),
  })
  .transform((row): TokenRecord => ({
    id: row.id,
    label: row.label,
    scopes: row.scopes,
    createdAt: row.created_at,
    revokedAt: row.revoked_at,
    lastUsedAt: row.last_used_at,
  }));
const tokenRows = z.array(tokenRow);
const useRows = z.array(
  z.object({ id: z.string(), label: z.string(), scopes: z.array(z.enum(SCOPES)), stale: z.boolean() }),
);

/** The tokens of one node, in its database. */
export class TokenStore {
  constructor(
    private readonly database: DataSource,
    private readonly clock: Clock,
    private readonly ids: IdSource,
  ) {}

  /** Admits a new token by its text, of which only the hash is stored. */
  async insert(tx: Tx, text: string, { label, scopes }: NewToken): Promise<TokenRecord> {
    const rows = await tx.query(
      `insert into access_token (id, label, sha256, scopes, created_at) values ($1, $2, $3, $4, $5) returning ${COLUMNS}`,
      [this.ids.uuidv7(), label, hashToken(text), [...new Set(scopes)], this.clock.now()],
    );
    const [record] = tokenRows.parse(rows);
    if (record === undefined) throw new HubError('INTERNAL_ERROR', 'the new token has no row');
    return record;
  }

  /**
   * Who calls with this token text. Found by the hash of the whole text, so that the time it takes tells nothing about
   * the tokens that exist.
   *
   * @returns `undefined` for what is no token, an unknown one and a revoked one alike
   */
  async verify(text: string): Promise<Principal | undefined> {
    if (!isTokenText(text)) return undefined;
    const now = this.clock.now();
    // Before every request with a token: planned once for a connection.
    const rows = await new UnitOfWork(this.database).single((tx) =>
      tx.prepared(
        `select id, label, scopes, coalesce(last_used_at < $2::timestamptz - interval '${USE_RESOLUTION}', true) as stale
         from access_token where sha256 = $1 and revoked_at is null`,
        [hashToken(text), now],
      ),
    );
    const [found] = useRows.parse(rows);
    if (found === undefined) return undefined;
    if (found.stale)
      await this.database.query('update access_token set last_used_at = $2 where id = $1', [found.id, now]);
    return { tokenId: found.id, label: found.label, scopes: found.scopes };
  }

  /**
   * Shuts a token out from the next request on. Revoking it again changes nothing.
   *
   * @throws HubError `TOKEN_UNKNOWN`
   */
  async revoke(id: string): Promise<TokenRecord> {
    const answer: unknown = await this.database.query(
      `update access_token set revoked_at = coalesce(revoked_at, $2) where id = $1 returning ${COLUMNS}`,
      [id, this.clock.now()],
    );
    // TypeORM answers an update with [rows, count].
    const [[record]] = z.tuple([tokenRows, z.number()]).parse(answer);
    if (record === undefined) throw new HubError('TOKEN_UNKNOWN', `there is no token ${id}`);
    return record;
  }

  /** Every token, revoked ones too, oldest first. */
  async list(): Promise<TokenRecord[]> {
    return tokenRows.parse(
      await this.database.query(`select ${COLUMNS} from access_token order by created_at, id`),
    );
  }

  /**
   * Admits the operator's first token, of which the configuration names only the hash. It has every scope, those of a newer
   * version too. A token that was revoked stays revoked.
   *
   * @param sha256 of the token's text, 64 hexadecimal digits
   */
  async admitAdmin(sha256: string): Promise<void> {
    await this.database.query(
      `insert into access_token (id, label, sha256, scopes, created_at) values ($1, $2, $3, $4, $5)
       on conflict (sha256) do update set scopes = excluded.scopes
       where access_token.revoked_at is null and access_token.scopes <> excluded.scopes`,
      [this.ids.uuidv7(), 'bootstrap admin', Buffer.from(sha256, 'hex'), [...SCOPES], this.clock.now()],
    );
  }
}
