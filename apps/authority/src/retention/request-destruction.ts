import { AnswerOnce, contentDigest, type RepeatableCaller } from '#access';
import { HubError } from '#errors';
import type { Tx, UnitOfWork } from '#persistence';
import type { NodeParts } from '../node-parts.ts';
import { findDue, type DuePractice, type DuePractices } from './plan-retention.ts';
import type { RetentionParts } from './retention-parts.ts';
import type { NewRequest, PlanView, RequestView } from './retention-shapes.ts';
import { viewRequest } from './retention-store.ts';

/** Says what would be destroyed, and asks that it be: the first of two persons. */
export class RequestDestruction {
  readonly #node: NodeParts;
  readonly #retention: RetentionParts;
  readonly #answers: AnswerOnce;

  constructor(node: NodeParts, retention: RetentionParts) {
    this.#node = node;
    this.#retention = retention;
    this.#answers = new AnswerOnce(node.work, node.clock);
  }

  /** A dry run: nothing is changed. */
  async plan(except: readonly string[], work: UnitOfWork = this.#node.work): Promise<PlanView> {
    const { settings, sealing } = this.#retention;
    const { practices, more } = await work.read((tx) => this.#due(tx, except));
    const sum = (of: 'documents' | 'bytes'): number => practices.reduce((total, each) => total + each[of], 0);
    return {
      periods: settings.periods === null ? null : [...settings.periods],
      sealed: sealing.isDone,
      practices: practices.length,
      documents: sum('documents'),
      bytes: sum('bytes'),
      more,
      due: practices.map(({ uuid, ...practice }) => ({ ...practice, practiceId: uuid })),
    };
  }

  /**
   * Keeps what is due now as a request, for a second person to approve.
   *
   * @throws HubError `RETENTION_STORE_UNSEALED`, `RETENTION_NOTHING_DUE`, `IDEMPOTENCY_KEY_REUSED`
   */
  async run(asked: NewRequest, caller: RepeatableCaller): Promise<RequestView> {
    const fields = new Map([
      ['act', [asked.act]],
      ['reason', [asked.reason]],
      ['except', asked.except],
    ]);
    const attempt = { ...caller, contentDigest: contentDigest('POST /v1/retention/requests', fields) };
    const { answer } = await this.#answers.run(attempt, (tx) => this.#make(tx, asked, caller.tokenId));
    return answer;
  }

  async #make(tx: Tx, asked: NewRequest, tokenId: string): Promise<RequestView> {
    const { clock, ids } = this.#node;
    const { sealing, settings } = this.#retention;
    if (!sealing.isDone)
      throw new HubError('RETENTION_STORE_UNSEALED', 'documents of this store are in the clear still');
    // Two requests at one moment must not hold one practice both.
    await tx.query('lock table retention_request in share row exclusive mode');
    const { practices } = await this.#due(tx, asked.except);
    if (practices.length === 0) throw new HubError('RETENTION_NOTHING_DUE', 'no practice is due');
    const now = clock.now();
    const id = ids.uuidv7();
    await tx.query(
      `insert into retention_request (id, status, requested_at, requested_by, act, reason, expires_at)
       values ($1, 'open', $2, $3, $4, $5, $6)`,
      [id, now, tokenId, asked.act, asked.reason, new Date(now.getTime() + settings.approvalMs)],
    );
    await insertPractices(tx, id, practices);
    return viewRequest(tx, id, now);
  }

  async #due(tx: Tx, except: readonly string[]): Promise<DuePractices> {
    const { periods } = this.#retention.settings;
    if (periods === null) return { practices: [], more: false };
    return findDue(tx, { periods, now: this.#node.clock.now(), except });
  }
}

async function insertPractices(tx: Tx, request: string, practices: readonly DuePractice[]): Promise<void> {
  await tx.query(
    `insert into retention_practice (request, owner, uuid, closed_at, basis, documents, bytes)
     select $1, p.* from unnest($2::text[], $3::uuid[], $4::timestamptz[], $5::text[], $6::int[], $7::bigint[]) as p`,
    [
      request,
      practices.map(({ owner }) => owner),
      practices.map(({ uuid }) => uuid),
      practices.map(({ closedAt }) => closedAt),
      practices.map(({ basis }) => basis),
      practices.map(({ documents }) => documents),
      practices.map(({ bytes }) => bytes),
    ],
  );
}
