import type { EventId } from '#contracts';
import { DrainSignal, preferredWait } from '#platform';
import { Inject, Injectable } from '@nestjs/common';
import type { Response } from 'express';
import { FeedBell } from '../feed/feed-bell.ts';
import { NODE_PARTS, type NodeParts } from '../node-parts.ts';

/** What the router has said of an event of this node's. */
export interface Routing {
  /** `pending`: nothing yet; what was answered stands all the same, and the event is on its way. */
  readonly outcome: 'placed' | 'parked' | 'pending';
  readonly position: number | null;
  /** Why the router parked it. */
  readonly code: string | null;
}

/** Seconds that a caller can ask to wait; more is taken as this. Below what proxies cut at. */
const MAX_WAIT_SECONDS = 50;
/** The net under the bell: a ring can be missed (`CommitBell`), milliseconds. */
const LOOK_AGAIN_MS = 1_000;
const PENDING: Routing = { outcome: 'pending', position: null, code: null };

/**
 * Lets a caller wait until the router's decision on what it just filed or issued is back (`Prefer: wait=<seconds>`,
 * RFC 7240): then the event lies in the router's database and on the brokers too, not only on this node's disk.
 */
@Injectable()
export class AwaitDecision {
  constructor(
    @Inject(NODE_PARTS) private readonly parts: NodeParts,
    @Inject(FeedBell) private readonly bell: FeedBell,
    @Inject(DrainSignal) private readonly draining: DrainSignal,
  ) {}

  /**
   * The answer to give: as it is without the preference; with it, `routing` tells what the router said. If nothing is
   * back in time the status becomes 202, and the same request (with its idempotency key) can be sent again to wait on.
   */
  async answer<Answer extends { readonly eventId: EventId }>(
    prefer: string | undefined,
    response: Response,
    answer: Answer,
  ): Promise<Answer & { readonly routing?: Routing }> {
    const wanted = preferredWait(prefer);
    if (wanted === null) return answer;
    const seconds = Math.min(wanted, MAX_WAIT_SECONDS);
    response.setHeader('Preference-Applied', `wait=${seconds}`);
    const routing = await this.run(answer.eventId, seconds);
    if (routing.outcome === 'pending') response.status(202);
    return { ...answer, routing };
  }

  /** Waits at most `seconds`, and no longer than until the server begins to stop. */
  async run(event: EventId, seconds: number): Promise<Routing> {
    const deadline = performance.now() + seconds * 1000;
    for (;;) {
      const heard = this.bell.rings;
      const routing = await this.#look(event);
      const left = deadline - performance.now();
      if (routing.outcome !== 'pending' || left <= 0 || this.draining.signal.aborted) return routing;
      await this.bell.wait(heard, Math.min(left, LOOK_AGAIN_MS), this.draining.signal);
    }
  }

  async #look(event: EventId): Promise<Routing> {
    const [row] = await this.parts.work.run((tx) =>
      tx.query<Pick<Routing, 'position' | 'code'>>(
        `select position, parked_code as code from event where author = $1 and event_id = $2`,
        [this.parts.ipa, event],
      ),
    );
    const { position, code } = row ?? PENDING;
    if (position !== null) return { outcome: 'placed', position, code: null };
    return code === null ? PENDING : { outcome: 'parked', position: null, code };
  }
}
