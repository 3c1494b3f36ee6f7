import type { Reader } from '#access-log';
import { HubError } from '#errors';
import type { NodeParts } from '../node-parts.ts';
import { findPractice } from './practice-rows.ts';

/** Where the log answers, and with which token. */
export interface AuditorAddress {
  readonly url: string;
  readonly token: string;
}

/** How long the log is waited for, milliseconds. */
const TIMEOUT_MS = 5_000;
/** Proofs asked for at a time. */
const AT_ONCE = 8;

export interface PracticeProof {
  readonly cui: string;
  readonly events: readonly {
    readonly author: string;
    readonly eventId: string;
    readonly position: number;
    readonly proof: unknown;
  }[];
}

/** Asks the log for the inclusion proof of every placed event of a practice. */
export class GetProof {
  readonly #parts: Pick<NodeParts, 'work' | 'accesses'>;
  readonly #auditor: AuditorAddress | null;

  constructor(parts: Pick<NodeParts, 'work' | 'accesses'>, auditor: AuditorAddress | null) {
    this.#parts = parts;
    this.#auditor = auditor;
  }

  /** @throws HubError `PRACTICE_NOT_FOUND`, `AUDITOR_UNAVAILABLE`, `PROOF_NOT_YET` */
  async run(id: string, owner: string | undefined, reader: Reader | null): Promise<PracticeProof> {
    const { cui, events } = await this.#parts.work.answer(async (tx) => {
      const practice = await findPractice(tx, id, owner);
      await this.#parts.accesses.note(tx, reader, { kind: 'proof', practice, id: null });
      const rows = await tx.query<{ author: string; eventId: string; position: number }>(
        `select author, event_id as "eventId", position from event
         where owner = $1 and uuid = $2 and status = 'accepted' order by position`,
        [practice.owner, practice.uuid],
      );
      return { cui: practice.cui, events: rows };
    });
    const proofs: unknown[] = [];
    while (proofs.length < events.length) {
      const next = events.slice(proofs.length, proofs.length + AT_ONCE);
      proofs.push(...(await Promise.all(next.map(({ author, eventId }) => this.#ask(author, eventId)))));
    }
    return { cui, events: events.map((event, index) => ({ ...event, proof: proofs[index] })) };
  }

  async #ask(author: string, eventId: string): Promise<unknown> {
    if (!this.#auditor)
      throw new HubError('AUDITOR_UNAVAILABLE', 'this node is not configured with an auditor');
    const url = new URL(`v1/proofs/${eventId}?author=${encodeURIComponent(author)}`, `${this.#auditor.url}/`);
    const response = await this.#fetch(url, this.#auditor.token);
    if (response.status === 404)
      throw new HubError('PROOF_NOT_YET', `event ${eventId} is not in the log yet`);
    if (!response.ok) throw new HubError('AUDITOR_UNAVAILABLE', `the auditor answered ${response.status}`);
    return response.json();
  }

  async #fetch(url: URL, token: string): Promise<Response> {
    try {
      const signal = AbortSignal.timeout(TIMEOUT_MS);
      return await fetch(url, { headers: { authorization: `Bearer ${token}` }, signal });
    } catch (cause) {
      throw new HubError('AUDITOR_UNAVAILABLE', 'the auditor does not answer', { cause });
    }
  }
}
