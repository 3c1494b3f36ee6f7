import { AnswerOnce, contentDigest, type RepeatableCaller } from '#access';
import { HubError } from '#errors';
import type { Tx } from '#persistence';
import type { NodeParts } from '../node-parts.ts';
import type { RequestView } from './retention-shapes.ts';
import { lockRequest, viewRequest, type RequestRow } from './retention-store.ts';

/** What becomes of a request before anything is destroyed. */
export type Verdict = 'approve' | 'refuse' | 'withdraw';

const STATUS: Readonly<Record<Verdict, 'approved' | 'refused' | 'withdrawn'>> = {
  approve: 'approved',
  refuse: 'refused',
  withdraw: 'withdrawn',
};

/** The second of two persons decides; or the first one takes the request back. */
export class DecideRequest {
  readonly #node: NodeParts;
  readonly #approved: () => void;
  readonly #answers: AnswerOnce;

  /** @param approved is told that there is something to destroy */
  constructor(node: NodeParts, approved: () => void) {
    this.#node = node;
    this.#approved = approved;
    this.#answers = new AnswerOnce(node.work, node.clock);
  }

  /**
   * @throws HubError `RETENTION_REQUEST_NOT_FOUND`, `RETENTION_REQUEST_CLOSED`, `RETENTION_REQUEST_EXPIRED`,
   *   `RETENTION_SAME_PERSON`, `RETENTION_OTHER_PERSON`, `IDEMPOTENCY_KEY_REUSED`
   */
  async run(
    id: string,
    verdict: Verdict,
    note: string | undefined,
    caller: RepeatableCaller,
  ): Promise<RequestView> {
    const fields = new Map([['note', note === undefined ? [] : [note]]]);
    const route = `POST /v1/retention/requests/${id}/${verdict}`;
    const attempt = { ...caller, contentDigest: contentDigest(route, fields) };
    const { answer } = await this.#answers.run(attempt, async (tx) => {
      const now = this.#node.clock.now();
      const request = await lockRequest(tx, id);
      checkOpen(request, now);
      await checkPerson(tx, request, verdict, caller.tokenId);
      await tx.query(
        `update retention_request set status = $2, decided_at = $3, decided_by = $4, decision_note = $5 where id = $1`,
        [id, STATUS[verdict], now, caller.tokenId, note ?? null],
      );
      return viewRequest(tx, id, now);
    });
    if (verdict === 'approve') this.#approved();
    return answer;
  }
}

function checkOpen({ id, status, expiresAt }: RequestRow, now: Date): void {
  if (status !== 'open') throw new HubError('RETENTION_REQUEST_CLOSED', `request ${id} is ${status}`);
  if (expiresAt <= now)
    throw new HubError('RETENTION_REQUEST_EXPIRED', `request ${id} expired at ${expiresAt.toISOString()}`);
}

/**
 * Two persons: two tokens with two labels, and the second made before the request, so that nobody makes himself one to
 * approve what he has asked for.
 */
async function checkPerson(tx: Tx, request: RequestRow, verdict: Verdict, tokenId: string): Promise<void> {
  const isOwn = request.requestedBy === tokenId;
  if (verdict === 'withdraw') {
    if (isOwn) return;
    throw new HubError('RETENTION_OTHER_PERSON', `request ${request.id} was made with another token`);
  }
  const [other] = await tx.query(
    `select 1 as other from access_token mine, access_token theirs
     where mine.id = $1 and theirs.id = $2 and mine.id <> theirs.id
       and lower(btrim(mine.label)) <> lower(btrim(theirs.label)) and ($4 or mine.created_at < $3)`,
    [tokenId, request.requestedBy, request.requestedAt, verdict === 'refuse'],
  );
  if (other !== undefined) return;
  const message = `request ${request.id} needs the token of another person, made before the request was`;
  throw new HubError('RETENTION_SAME_PERSON', message);
}
