import type { ActionLog } from '#actions';
import { HubError } from '#errors';
import type { Tx } from '#persistence';
import type { NodeParts } from '../node-parts.ts';

/** What a witness's key is published with: this node's signed word that the key is its own. */
export interface KeyStatement {
  readonly vkey: string;
  /** The signed action `witness.key-published`, as it travels: it verifies with the registry alone. */
  readonly item: Buffer;
}

/**
 * States under this node's seal which key it cosigns with: an action like any other, so it is a leaf of the log, too. Once
 * for each key and signing certificate: whoever holds the statement can verify it as long as that certificate counts.
 * @throws HubError `SIGNING_KEY_UNAVAILABLE` and the like
 */
export async function stateKey(
  tx: Tx,
  vkey: string,
  { signer, clock }: Pick<NodeParts, 'signer' | 'clock'>,
  actions: ActionLog,
): Promise<void> {
  const { fingerprint } = signer.certificate;
  // Another instance that does the same waits here, and then finds it done.
  const claimed = await tx.query(
    `insert into witness_key (vkey, certificate, stated_at) values ($1, $2, $3)
     on conflict do nothing returning vkey`,
    [vkey, fingerprint, clock.now()],
  );
  if (claimed.length === 0) return;
  const [action] = await actions.append(tx, [
    {
      kind: 'witness.key-published',
      outcome: 'published',
      subject: 'witness/key',
      tokenId: null,
      details: [{ name: 'vkey', value: vkey }],
    },
  ]);
  await tx.query(
    `update witness_key set item = a.item from operator_action a where a.id = $3 and vkey = $1 and certificate = $2`,
    [vkey, fingerprint, action],
  );
}

/** The newest statement of a key. @throws HubError `WITNESS_NOT_READY` */
export async function statementOf(tx: Tx, vkey: string): Promise<KeyStatement> {
  const [row] = await tx.query<{ item: Buffer }>(
    'select item from witness_key where vkey = $1 and item is not null order by stated_at desc limit 1',
    [vkey],
  );
  if (row !== undefined) return { vkey, item: row.item };
  throw new HubError('WITNESS_NOT_READY', `nothing is signed yet that says whose key ${vkey} is`);
}
