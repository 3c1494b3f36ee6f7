import { actorKey, actorOf, SALT_BYTES, saltedDigest } from '#actions';
import type { Tx } from '#persistence';
import type { Clock, IdSource } from '#platform';
import { canonicalAccess, type CanonicalAccess } from '#tlog';
import type { Reader } from './reader.ts';

/** What can be read. The list grows; what is written stays. */
export type ReadKind =
  | 'practice'
  | 'practices'
  | 'events'
  | 'event'
  | 'decision'
  | 'filing-receipt'
  | 'proof'
  | 'documents'
  | 'document'
  | 'protocol'
  | 'protocol-register'
  | 'segnatura'
  | 'protocol-message'
  | 'quarantined'
  | 'equivocation'
  | 'trail'
  | 'evidence'
  | 'archived';

/** What was read. */
export interface ReadThing {
  readonly kind: ReadKind;
  /** Null for what is about none, or about many. */
  readonly practice: { readonly owner: string; readonly uuid: string } | null;
  /** Of the event, document or entry; null where it is the practice as a whole. */
  readonly id: string | null;
}

export interface AccessLogParts {
  /** The node at which is read: the holder that its certificate names. */
  readonly node: string;
  readonly clock: Clock;
  readonly ids: IdSource;
}

/** Notes who has read what. */
export class AccessLog {
  readonly #parts: AccessLogParts;
  #key: Buffer | undefined;

  constructor(parts: AccessLogParts) {
    this.#parts = parts;
  }

  /**
   * Notes a read in the transaction that answers it, without another word to the server: if it cannot be noted, the
   * transaction fails, and nobody is answered. Of a partner's own system one a day for each practice.
   */
  async note(tx: Tx, reader: Reader | null, thing: ReadThing): Promise<void> {
    if (reader === null) return;
    const isDaily = reader.counted === 'daily';
    if (isDaily && thing.practice === null) return;
    this.#key ??= await actorKey(tx);
    const { tokenId, operator, purpose: text } = reader;
    const at = this.#parts.clock.now();
    const salt = text === null ? null : this.#parts.ids.bytes(SALT_BYTES);
    const access: CanonicalAccess = {
      id: this.#parts.ids.uuidv7(),
      node: this.#parts.node,
      time: at.toISOString(),
      by:
        operator === null
          ? actorOf(this.#key, 'token', tokenId)
          : actorOf(this.#key, 'operator', `${tokenId}\n${operator}`),
      per: isDaily ? 'day' : 'read',
      what: isDaily ? { ...thing, kind: 'practice', id: null } : thing,
      purpose: salt && saltedDigest(salt, text ?? ''),
    };
    tx.write(
      `insert into access_record
         (id, at, entry, token_id, operator, purpose, purpose_salt, owner, uuid, day)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9,
         case when $10::boolean then ($2::timestamptz at time zone 'Europe/Rome')::date end)
       on conflict (token_id, uuid, owner, day) where day is not null do nothing`,
      [
        ...[access.id, at, canonicalAccess(access), tokenId, operator, text, salt],
        ...[thing.practice?.owner ?? null, thing.practice?.uuid ?? null, isDaily],
      ],
    );
  }
}
