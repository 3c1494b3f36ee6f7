import type { Tx } from '#persistence';
import type { IdSource } from '#platform';
import { SECRET_BYTES, secretText } from './sign-message.ts';

/** Makes a secret for a webhook; answers its id. */
export async function storeSecret(
  tx: Tx,
  { webhook, ids, at }: { readonly webhook: string; readonly ids: IdSource; readonly at: Date },
): Promise<string> {
  const id = ids.uuidv7();
  await tx.query('insert into webhook_secret (id, webhook_id, secret, created_at) values ($1, $2, $3, $4)', [
    id,
    webhook,
    secretText(ids.bytes(SECRET_BYTES)),
    at,
  ]);
  return id;
}

/** A secret's text, for the caller that had it made; null if it is no longer stored. */
export async function secretOf(tx: Tx, id: string): Promise<string | null> {
  const [row] = await tx.query<{ secret: string }>('select secret from webhook_secret where id = $1', [id]);
  return row?.secret ?? null;
}

/** Ends the secrets in force at `end`, and forgets those whose time is over. */
export async function retireSecrets(tx: Tx, webhook: string, now: Date, end: Date): Promise<void> {
  await tx.query(
    'update webhook_secret set expires_at = least(coalesce(expires_at, $2), $2) where webhook_id = $1',
    [webhook, end],
  );
  await tx.query('delete from webhook_secret where webhook_id = $1 and expires_at <= $2', [webhook, now]);
}
