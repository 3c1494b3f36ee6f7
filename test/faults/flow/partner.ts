/** A partner's own system as it should be: it repeats what was not answered, with the same key, until it is. */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Random } from '../random.ts';
import type { FaultNode } from '../network/fault-node.ts';

const ANSWER_WITHIN_MS = 20_000;
const GIVE_UP_MS = 150_000;
const AGAIN_MS = 250;
/** A caller that goes away does so at most this long after it has asked. */
const GOES_AWAY_WITHIN_MS = 80;

/** What a node answered 201 to: from here on the hub has promised. */
export interface Promised {
  readonly author: string;
  readonly eventId: string;
  readonly practiceId: string;
}

export interface FlowCounts {
  filings: number;
  acts: number;
  /** Requests that were repeated with the same key. */
  repeated: number;
  /** Answers that the caller did not wait for, on purpose. */
  lostOnPurpose: number;
}

/** How a request is sent: with a key it is repeated until it is answered; without one, once. */
export interface Sending {
  readonly random: Random;
  readonly keyed: boolean;
}

/** What was promised to partners, and what they cannot know. */
export class Ledger {
  readonly promised: Promised[] = [];
  /** Requests without a key that got no answer: each may have had its effect, or not. By author. */
  readonly unknown = new Map<string, number>();
  readonly counts: FlowCounts = { filings: 0, acts: 0, repeated: 0, lostOnPurpose: 0 };

  /**
   * Posts until there is a 201, when the request has a key; once otherwise.
   * @returns null if nobody will ever know what became of it
   * @throws Error for an answer that repeating does not change, or when nothing was answered in time
   */
  async post(
    node: FaultNode,
    path: string,
    body: () => FormData,
    { random, keyed }: Sending,
  ): Promise<Promised | null> {
    const key = keyed ? randomUUID() : null;
    const deadline = performance.now() + GIVE_UP_MS;
    let losesAnswer = keyed && random.chance(0.25);
    for (let attempt = 0; ; attempt += 1) {
      if (attempt > 0) this.counts.repeated += 1;
      const goesAwayAfter = losesAnswer ? random.between(0, GOES_AWAY_WITHIN_MS) : null;
      if (losesAnswer) this.counts.lostOnPurpose += 1;
      losesAnswer = false;
      const answer = await ask(node, path, body(), key, goesAwayAfter);
      if (answer.kind === 'done') {
        const promised = { author: node.name, ...answer.said };
        this.promised.push(promised);
        return promised;
      }
      if (answer.kind === 'refused') throw new Error(`${node.name} refused ${path}: ${answer.why}`);
      if (key === null) {
        this.unknown.set(node.name, (this.unknown.get(node.name) ?? 0) + 1);
        return null;
      }
      if (performance.now() > deadline)
        throw new Error(
          `${node.name} did not answer ${path} within ${GIVE_UP_MS} ms; at last: ${answer.why}`,
        );
      await pause(AGAIN_MS);
    }
  }
}

type Answer =
  | { readonly kind: 'done'; readonly said: { readonly eventId: string; readonly practiceId: string } }
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'unknown'; readonly why: string };

async function ask(
  { url, token }: FaultNode,
  path: string,
  body: FormData,
  key: string | null,
  goesAwayAfter: number | null,
): Promise<Answer> {
  const signal = AbortSignal.timeout(goesAwayAfter ?? ANSWER_WITHIN_MS);
  const headers = { authorization: `Bearer ${token}`, ...(key === null ? {} : { 'idempotency-key': key }) };
  try {
    const response = await fetch(`${url}${path}`, { method: 'POST', headers, body, signal });
    const text = await response.text();
    if (response.status === 201)
      return { kind: 'done', said: JSON.parse(text) as { eventId: string; practiceId: string } };
    const why = `${response.status} ${text.slice(0, 500)}`;
    return { kind: response.status >= 500 ? 'unknown' : 'refused', why };
  } catch (error) {
    return { kind: 'unknown', why: String(error) };
  }
}
