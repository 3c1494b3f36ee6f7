import {
  actionHeaders,
  DOCUMENT_VERSION,
  parseEventId,
  parseValidated,
  serializeAction,
  topics,
  type ActionKind,
  type CertificateRole,
  type OperatorAction,
} from '#contracts';
import { signActions, type Signer } from '#evidence';
import { appendOutbox, type Tx } from '#persistence';
import type { Clock, IdSource } from '#platform';
import { actorKey, actorOf, SALT_BYTES, saltedDigest } from './actors.ts';

export interface ActionLogParts {
  /** The role in the node's certificate. */
  readonly role: CertificateRole;
  readonly signer: Signer;
  readonly clock: Clock;
  readonly ids: IdSource;
}

/** What was done, before it is signed. */
export interface ActionDraft extends Partial<
  Pick<OperatorAction, 'record' | 'event' | 'practice' | 'set' | 'details'>
> {
  readonly kind: ActionKind;
  readonly outcome: string;
  /** The token that acted; null for what the node does by itself and answers for itself. */
  readonly tokenId: string | null;
  /** What it was done to, as this node finds it again: `quarantine/<id>`. */
  readonly subject: string;
  /** Why, in the operator's words: they stay at this node. */
  readonly reason?: string;
}

/** Writes what operators do: signed, kept, and sent to the log in the very transaction in which it is done. */
export class ActionLog {
  readonly #parts: ActionLogParts;

  constructor(parts: ActionLogParts) {
    this.#parts = parts;
  }

  /** The node whose actions these are. */
  get node(): string {
    return this.#parts.signer.holder;
  }

  /**
   * Signs these actions as one batch, and appends them to what the node sends.
   * @returns their ids, in order
   * @throws HubError `SIGNING_KEY_UNAVAILABLE` and the like: then nothing is done that could not be recorded
   */
  async append(tx: Tx, drafts: readonly ActionDraft[]): Promise<readonly string[]> {
    if (drafts.length === 0) return [];
    const now = this.#parts.clock.now();
    const key = await actorKey(tx);
    const made = drafts.map((draft) => this.#make(draft, key, now));
    const actions = made.map(({ action }) => action);
    // Read by the function that the log applies: what could not be read there is not signed here.
    for (const action of actions) parseValidated('action', serializeAction(action));
    const { items } = await signActions(actions, this.#parts.signer, now);
    await store(tx, made, items, now);
    await appendOutbox(
      tx,
      actions.map((action, index) => ({
        topics: [topics.actions],
        key: action.node,
        value: items[index] ?? Buffer.alloc(0),
        headers: actionHeaders(action),
      })),
    );
    return actions.map(({ id }) => id);
  }

  #make(draft: ActionDraft, key: Buffer, now: Date): Made {
    const { ids, signer, role } = this.#parts;
    const { kind, outcome, record, event, practice, set, details } = draft;
    const salt = draft.reason === undefined ? null : ids.bytes(SALT_BYTES);
    const action: OperatorAction = {
      version: DOCUMENT_VERSION,
      id: parseEventId(ids.uuidv7()),
      kind,
      node: signer.holder,
      role,
      time: now.toISOString(),
      outcome,
      actors: [
        draft.tokenId === null ? actorOf(key, 'node', signer.holder) : actorOf(key, 'token', draft.tokenId),
      ],
      reason: salt && saltedDigest(salt, draft.reason ?? ''),
      record: record ?? null,
      event: event ?? null,
      practice: practice ?? null,
      set: set ?? null,
      details: details ?? [],
    };
    return { action, draft, salt };
  }
}

interface Made {
  readonly action: OperatorAction;
  readonly draft: ActionDraft;
  readonly salt: Buffer | null;
}

async function store(tx: Tx, made: readonly Made[], items: readonly Buffer[], now: Date): Promise<void> {
  for (const [index, { action, draft, salt }] of made.entries()) {
    await tx.query(
      `insert into operator_action (id, kind, outcome, subject, token_id, reason, reason_salt, item, at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
      [
        action.id,
        action.kind,
        action.outcome,
        draft.subject,
        draft.tokenId,
        draft.reason ?? null,
        salt,
        items[index],
        now,
      ],
    );
  }
}
