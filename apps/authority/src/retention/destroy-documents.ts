import { ActionLog } from '#actions';
import type { DocumentStore, FileKeyStore } from '#documents';
import type { Tx } from '#persistence';
import { crashPoint } from '#platform';
import { merkleRoot } from '#tlog';
import type { NodeParts } from '../node-parts.ts';
import { forgetDocuments, type ForgottenDocument, type ForgottenPractice } from './forget-documents.ts';
import { lockRequest, practicesOf, type RequestedPractice, type RequestRow } from './retention-store.ts';

type KeysToDestroy = Pick<FileKeyStore, 'destroy' | 'isBegun'>;

export type DestroyingNode = Pick<NodeParts, 'work' | 'signer' | 'clock' | 'ids'> & {
  readonly documents: Pick<DocumentStore, 'deleteDestroyed'>;
};

/**
 * Does what two persons have approved, step by step; whoever dies in between is followed by another who goes on.
 *
 * 1. Practices in which something has happened since are spared; not one whose key is gone already: that one is ended,
 *    and only what came after its closing stays.
 * 2. The keys are destroyed: from here on nobody reads the documents, whatever copies there are.
 * 3. One transaction: documents are marked, what else is known of them is deleted, and the destruction is signed. The
 *    signed statement is never ahead of the truth, since the keys are gone before it.
 * 4. The files are removed.
 */
export class DestroyDocuments {
  readonly #node: DestroyingNode;
  readonly #keys: KeysToDestroy;
  readonly #actions: ActionLog;

  constructor(node: DestroyingNode, keys: KeysToDestroy) {
    this.#node = node;
    this.#keys = keys;
    this.#actions = new ActionLog({ role: 'authority', ...node });
  }

  /**
   * Brings every approved request to its end, the oldest first.
   *
   * @returns how many
   * @throws HubError `SIGNING_KEY_UNAVAILABLE`, `DISK_FULL` and the like: then it goes on there the next time
   */
  async run(): Promise<number> {
    const open = await this.#node.work.run((tx) =>
      tx.query<{ id: string }>(
        `select id from retention_request where status in ('approved', 'destroyed') order by requested_at`,
      ),
    );
    for (const { id } of open) await this.#one(id);
    return open.length;
  }

  /**
   * Destroys again what an older copy of the folder of keys has brought back. A key that a practice has got since stays.
   *
   * @returns how many practices were looked at
   */
  async again(): Promise<number> {
    const rows = await this.#node.work.run((tx) =>
      tx.query<ForgottenPractice & { key: string; request: string; at: Date }>(
        `select x.owner, x.uuid, x.key_id as key, x.request, q.destroyed_at as at
         from retention_practice x join retention_request q on q.id = x.request
         where q.status in ('destroyed', 'applied') and x.key_id is not null`,
      ),
    );
    for (const { owner, uuid, key, request, at } of rows)
      await this.#keys.destroy({ owner, practice: uuid }, { at, request, only: key });
    return rows.length;
  }

  async #one(id: string): Promise<void> {
    const { work, clock } = this.#node;
    await this.#destroyKeys(id);
    for (const { owner, uuid } of await work.run((tx) => practicesOf(tx, id)))
      await this.#node.documents.deleteDestroyed({ owner, practice: uuid });
    await work.run((tx) =>
      tx.query(
        `update retention_request set status = 'applied', applied_at = $2 where id = $1 and status = 'destroyed'`,
        [id, clock.now()],
      ),
    );
  }

  /** And signs that. A request whose keys are destroyed and signed is left as it is: its practices may have new ones. */
  async #destroyKeys(id: string): Promise<void> {
    const { work, clock } = this.#node;
    const begun = await this.#begun(id, await work.run((tx) => practicesOf(tx, id)));
    const practices = await work.run(async (tx) => {
      const { status } = await lockRequest(tx, id);
      if (status !== 'approved') return null;
      await spare(tx, id, begun);
      return practicesOf(tx, id);
    });
    if (practices === null) return;
    const keys: (string | null)[] = [];
    for (const { owner, uuid } of practices)
      keys.push(await this.#keys.destroy({ owner, practice: uuid }, { at: clock.now(), request: id }));
    crashPoint('keys-destroyed');
    await work.run(async (tx) => {
      const request = await lockRequest(tx, id);
      if (request.status === 'approved') await this.#record(tx, request, practices, keys);
    });
    crashPoint('destruction-signed');
  }

  /** Of which somebody who died has destroyed the keys already. */
  async #begun(id: string, practices: readonly RequestedPractice[]): Promise<RequestedPractice[]> {
    const found: RequestedPractice[] = [];
    for (const practice of practices) {
      const { owner, uuid } = practice;
      if (await this.#keys.isBegun({ owner, practice: uuid }, id)) found.push(practice);
    }
    return found;
  }

  async #record(
    tx: Tx,
    request: RequestRow,
    practices: readonly RequestedPractice[],
    keys: readonly (string | null)[],
  ): Promise<void> {
    const forgotten = await forgetDocuments(tx, practices);
    const actions = await this.#actions.append(
      tx,
      practices.map((practice) => draftOf(request, practice, ofPractice(forgotten, practice))),
    );
    await tx.query(
      `update retention_practice x set action = a.id, key_id = a.key
       from unnest($2::text[], $3::uuid[], $4::uuid[], $5::text[]) as a(owner, uuid, id, key)
       where x.request = $1 and x.owner = a.owner and x.uuid = a.uuid`,
      [request.id, practices.map(({ owner }) => owner), practices.map(({ uuid }) => uuid), actions, keys],
    );
    await tx.query(`update retention_request set status = 'destroyed', destroyed_at = $2 where id = $1`, [
      request.id,
      this.#node.clock.now(),
    ]);
  }
}

/** Who wakes up a practice that is to be forgotten wants it kept. */
async function spare(tx: Tx, request: string, begun: readonly ForgottenPractice[]): Promise<void> {
  await tx.query(
    `update retention_practice x set spared = true from practice p
     where x.request = $1 and p.owner = x.owner and p.uuid = x.uuid
       and (x.owner, x.uuid) not in (select * from unnest($2::text[], $3::uuid[]))
       and (not (p.state_code = 'refused' or p.state_code like 'ended\\_by\\_%')
         or exists (select 1 from event e
           where e.owner = x.owner and e.uuid = x.uuid and e.received_at > x.closed_at))`,
    [request, begun.map(({ owner }) => owner), begun.map(({ uuid }) => uuid)],
  );
}

function ofPractice(
  forgotten: readonly ForgottenDocument[],
  { owner, uuid }: ForgottenPractice,
): readonly ForgottenDocument[] {
  return forgotten.filter((each) => each.owner === owner && each.uuid === uuid);
}

/** Ids only: what the documents were, the events say that name them, and by salted digests whose salts are gone. */
function draftOf(request: RequestRow, practice: RequestedPractice, documents: readonly ForgottenDocument[]) {
  const root = merkleRoot(documents.map(({ id }) => Buffer.from(id, 'latin1')));
  return {
    kind: 'retention.applied',
    outcome: 'destroyed',
    tokenId: request.requestedBy,
    alsoBy: request.decidedBy === null ? [] : [request.decidedBy],
    subject: `retention/${request.id}`,
    reason: request.reason,
    practice: { owner: practice.owner, uuid: practice.uuid },
    set: { size: documents.length, root: root.toString('base64') },
    details: [
      { name: 'request', value: request.id },
      { name: 'act', value: request.act },
    ],
  } as const;
}
