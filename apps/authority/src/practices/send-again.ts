import { ActionLog } from '#actions';
import {
  cloudEventHeaders,
  practiceKey,
  topics,
  type EventId,
  type IpaCode,
  type PracticeId,
  type PracticeRef,
} from '#contracts';
import { HubError } from '#errors';
import { appendOutbox, type Tx } from '#persistence';
import type { NodeParts } from '../node-parts.ts';
import { OwnChain, type OwnEvent } from './own-chain.ts';

export interface SendAgainRequest {
  readonly owner: IpaCode;
  readonly practice: PracticeId;
  readonly event: EventId;
  /** The token that asks. */
  readonly tokenId: string;
}

export interface SentAgain {
  readonly eventId: EventId;
  readonly type: string;
  readonly status: 'provisional';
  /** The action that it is recorded as: its name in the log. */
  readonly action: string;
}

/**
 * Sends an event that the router parked once more: the same bytes as a new record, which the router judges as any other.
 * What made it fail may have been mended since, a procedure published say; then nobody has to be asked.
 */
export class SendAgain {
  readonly #parts: NodeParts;
  readonly #actions: ActionLog;

  constructor(parts: NodeParts) {
    this.#parts = parts;
    this.#actions = new ActionLog({ role: 'authority', ...parts });
  }

  /** @throws HubError `PRACTICE_NOT_FOUND`, `EVENT_NOT_FOUND`, `EVENT_NOT_PARKED`, `EVENT_VOIDED` */
  async run(tx: Tx, request: SendAgainRequest): Promise<SentAgain> {
    const { ipa } = this.#parts;
    const practice = await lockPractice(tx, request);
    const { event } = this.#parked(await OwnChain.load(tx, this.#parts, practice), request.event);
    const [row] = await tx.query<{ bytes: Buffer }>(
      `update event set status = 'provisional', parked_code = null, parked_reason = null, parked_at = null
       where author = $1 and event_id = $2 returning bytes`,
      [ipa, event.id],
    );
    if (row === undefined) throw new HubError('EVENT_NOT_FOUND', `event ${event.id} has no row`);
    await appendOutbox(tx, [
      {
        topics: [topics.outbox(ipa)],
        key: practiceKey(practice),
        value: row.bytes,
        headers: cloudEventHeaders(event),
      },
    ]);
    const [action = ''] = await this.#actions.append(tx, [
      {
        kind: 'event.sent-again',
        outcome: 'sent',
        tokenId: request.tokenId,
        subject: `event/${event.id}`,
        event: { author: ipa, id: event.id },
        practice: { owner: practice.owner, uuid: practice.uuid },
      },
    ]);
    return { eventId: event.id, type: event.type, status: 'provisional', action };
  }

  #parked(chain: OwnChain, id: EventId): OwnEvent {
    const own = chain.find(id);
    if (own === undefined) {
      throw new HubError(
        'EVENT_NOT_FOUND',
        `this node has no event ${id} of its own here that could be sent again`,
      );
    }
    if (own.status !== 'parked') throw new HubError('EVENT_NOT_PARKED', `event ${id} is ${own.status}`);
    const closing = chain.voidOf(own.event);
    if (closing) throw new HubError('EVENT_VOIDED', `event ${id} was voided by event ${closing.id}`);
    if (chain.standing(own.event.sequence.number) === own) return own;
    throw new HubError('EVENT_NOT_PARKED', `the number of event ${id} is another event's by now`);
  }
}

async function lockPractice(tx: Tx, { owner, practice }: SendAgainRequest): Promise<PracticeRef> {
  const [row] = await tx.query<Pick<PracticeRef, 'cui'>>(
    'select cui from practice where owner = $1 and uuid = $2 for update',
    [owner, practice],
  );
  if (row) return { owner, uuid: practice, cui: row.cui };
  throw new HubError('PRACTICE_NOT_FOUND', `this node holds no practice ${owner}/${practice}`);
}
