import { HubError } from '#errors';
import { decodeCursor, encodeCursor, Lease, type FeedPosition } from '#persistence';
import { rest, type Logger } from '#platform';
import { setMaxListeners } from 'node:events';
import type { FeedBell } from '../feed/feed-bell.ts';
import { ReadFeed, type FeedAnswer, type FeedEntry } from '../feed/read-feed.ts';
import type { NodeParts } from '../node-parts.ts';
import { messageOf } from './message-of.ts';
import { planRetry, type RetryPlan } from './retry-plan.ts';
import { signedHeaders, type Message } from './sign-message.ts';
import type { PostResult, WebhookClient } from './webhook-client.ts';
import {
  dueWebhook,
  dueWebhooks,
  logAttempt,
  moveOn,
  postpone,
  secretsInForce,
  suspend,
  type AttemptRow,
  type WebhookRow,
} from './webhook-store.ts';

const WEBHOOKS_LEASE = 'webhooks';
/** The net under notifications, and when a webhook may be tried again, milliseconds. */
const POLL_MS = 1_000;
/** When to look again for entries that an older transaction still holds back, milliseconds. */
const HELD_BACK_MS = 100;
/** Between two looks at the table of webhooks, however often the feed rings, milliseconds. */
const BREATH_MS = 50;
/** Entries of the feed in memory for each webhook. */
const PAGE = 50;

export interface SenderSettings {
  readonly parts: NodeParts;
  readonly bell: FeedBell;
  readonly client: WebhookClient;
  /** Unique to this process: two instances of a node never share it. */
  readonly holder: string;
  readonly logger: Logger;
}

/**
 * Pushes the feed to partners' systems: to each in order, one message at a time, at least once, whatever happens to
 * the others. One instance of a node works, by lease. What a crash or a lost lease leaves unmarked is sent again under
 * the same id.
 */
export class WebhookSender {
  readonly #settings: SenderSettings;
  readonly #feed: ReadFeed;
  readonly #lease: Lease;
  readonly #closing = new AbortController();
  /** By the id of their webhook: those at work, and whether something has happened meanwhile. */
  readonly #atWork = new Map<string, { readonly done: Promise<void>; again: boolean }>();
  #nap = new AbortController();
  #heldBack = false;
  #loop: Promise<void> = Promise.resolve();

  constructor(settings: SenderSettings) {
    this.#settings = settings;
    // One for each request under way.
    setMaxListeners(0, this.#closing.signal);
    this.#feed = new ReadFeed(settings.parts.work);
    this.#lease = new Lease(settings.parts.work, { name: WEBHOOKS_LEASE, holder: settings.holder });
  }

  /** Begins to work, in the background. */
  start(): void {
    this.#loop = this.#run();
  }

  /** Looks at once at what is due: an operator has changed something. */
  wake(): void {
    this.#nap.abort();
  }

  /** Breaks off what is being sent, which is then sent again by whoever works next, and gives the lease back. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#nap.abort();
    await this.#loop;
    await Promise.all([...this.#atWork.values()].map(({ done }) => done));
    await this.#lease.release().catch(() => undefined);
  }

  async #run(): Promise<void> {
    const { bell } = this.#settings;
    while (!this.#closing.signal.aborted) {
      const begun = performance.now();
      const heard = bell.rings;
      const nap = new AbortController();
      this.#nap = nap;
      // Without a webhook, or while another instance works, the feed may ring as it likes.
      if (await this.#startDue()) await bell.wait(heard, this.#heldBack ? HELD_BACK_MS : POLL_MS, nap.signal);
      else await rest(POLL_MS, nap.signal);
      const breath = Math.max(0, BREATH_MS - (performance.now() - begun));
      await rest(breath, this.#closing.signal);
    }
  }

  /** Sets to work on every webhook that is due; false if there is none, or this instance stands by. */
  async #startDue(): Promise<boolean> {
    const { logger, parts } = this.#settings;
    this.#heldBack = false;
    try {
      if (!this.#lease.held && !(await this.#lease.acquire())) return false;
      const due = await parts.work.run((tx) => dueWebhooks(tx, parts.clock.now()));
      for (const id of due) {
        const before = this.#atWork.get(id);
        if (before === undefined) this.#begin(id);
        else before.again = true;
      }
      return due.length > 0;
    } catch (error) {
      logger.warn({ err: error }, 'pushing to webhooks was interrupted');
      return false;
    }
  }

  #begin(id: string): void {
    const { logger } = this.#settings;
    const done = this.#empty(id)
      .catch((error: unknown) => {
        if (this.#closing.signal.aborted) return;
        const isLost = error instanceof HubError && error.code === 'LEASE_LOST';
        if (!isLost) logger.warn({ err: error, webhook: id }, 'pushing to a webhook was interrupted');
      })
      .finally(() => {
        const isAgain = this.#atWork.get(id)?.again === true;
        this.#atWork.delete(id);
        if (isAgain) this.wake();
      });
    this.#atWork.set(id, { done, again: false });
  }

  /** Sends everything that waits for a webhook, until there is no more, one is refused, or an operator intervenes. */
  async #empty(id: string): Promise<void> {
    const { work, clock } = this.#settings.parts;
    // Read here and not with the others: between that and this an attempt of its own may have ended.
    const webhook = await work.run((tx) => dueWebhook(tx, id, clock.now()));
    if (webhook === undefined) return;
    let at: FeedPosition = { xid: BigInt(webhook.cursorXid), id: BigInt(webhook.cursorId) };
    let standing = webhook;
    for (;;) {
      const page = await this.#page(standing, at);
      if (page === null) return;
      const { items, next } = page;
      if (items.length === 0) break;
      for (const entry of items.filter(({ kind }) => webhook.kinds.includes(kind))) {
        if (!(await this.#deliver(standing, at, entry))) return;
        at = decodeCursor(entry.cursor);
        standing = { ...standing, failingSince: null, failures: 0 };
      }
      const to = decodeCursor(next);
      if (to.id !== at.id && !(await this.#pass(standing, at, to))) return;
      at = to;
    }
    this.#heldBack ||= await this.#feed.isHeldBack(encodeCursor(at));
  }

  /** The next entries; null if the feed has forgotten them: the webhook is suspended, so that its operator decides. */
  async #page(webhook: WebhookRow, at: FeedPosition): Promise<FeedAnswer | null> {
    const { parts, logger } = this.#settings;
    try {
      return await this.#feed.page(encodeCursor(at), PAGE);
    } catch (error) {
      if (!(error instanceof HubError) || error.code !== 'CURSOR_EXPIRED') throw error;
      await parts.work.run(async (tx) => {
        await this.#lease.fenced(tx);
        await suspend(tx, webhook, parts.clock.now(), error.code);
      });
      logger.error({ err: error, webhook: webhook.id, label: webhook.label }, 'a webhook was suspended');
      return null;
    }
  }

  /** Goes by what a webhook does not ask for. */
  #pass(webhook: WebhookRow, from: FeedPosition, to: FeedPosition): Promise<boolean> {
    return this.#settings.parts.work.run(async (tx) => {
      await this.#lease.fenced(tx);
      return moveOn(tx, webhook, { from, to, deliveredAt: null });
    });
  }

  /** Sends one entry; true if it was taken and nothing stands against the next. */
  async #deliver(webhook: WebhookRow, from: FeedPosition, entry: FeedEntry): Promise<boolean> {
    const { work, clock, ipa } = this.#settings.parts;
    const message = messageOf(ipa, entry);
    const { result, attempt } = await this.#attempt(webhook, message);
    if (result.taken) {
      const to = decodeCursor(entry.cursor);
      return work.run(async (tx) => {
        await this.#lease.fenced(tx);
        await logAttempt(tx, webhook.id, attempt);
        return moveOn(tx, webhook, { from, to, deliveredAt: attempt.at });
      });
    }
    const now = clock.now();
    const plan = planRetry(webhook, result, now);
    await work.run(async (tx) => {
      await this.#lease.fenced(tx);
      await logAttempt(tx, webhook.id, attempt);
      if (plan.kind === 'retry') await postpone(tx, webhook, now, plan.at);
      else await suspend(tx, webhook, now, plan.code);
    });
    this.#tell(webhook, attempt, plan);
    return false;
  }

  async #attempt(
    webhook: WebhookRow,
    message: Message,
  ): Promise<{ readonly result: PostResult; readonly attempt: AttemptRow }> {
    const { parts, client } = this.#settings;
    const at = parts.clock.now();
    const secrets = await parts.work.run((tx) => secretsInForce(tx, webhook.id, at));
    if (!this.#lease.held) throw new HubError('LEASE_LOST', `lease ${WEBHOOKS_LEASE} ran out before sending`);
    return attemptPost({ client, url: webhook.url, message, secrets, at, signal: this.#closing.signal });
  }

  #tell(webhook: WebhookRow, { status, code }: AttemptRow, plan: RetryPlan): void {
    const { logger } = this.#settings;
    const what = { webhook: webhook.id, label: webhook.label, status, code };
    if (plan.kind === 'suspend') logger.error({ ...what, why: plan.code }, 'a webhook was suspended');
    else logger.warn({ ...what, next: plan.at }, 'a message could not be pushed yet');
  }
}

export interface PostAttempt {
  readonly client: WebhookClient;
  readonly url: string;
  readonly message: Message;
  readonly secrets: readonly string[];
  readonly at: Date;
  readonly signal: AbortSignal;
}

/** Signs and sends a message once, and says how that went, for the log. */
export async function attemptPost({
  client,
  url,
  message,
  secrets,
  at,
  signal,
}: PostAttempt): Promise<{ readonly result: PostResult; readonly attempt: AttemptRow }> {
  const begun = performance.now();
  const result = await client.post(url, signedHeaders(message, at, secrets), message.body, signal, at);
  const attempt: AttemptRow = {
    messageId: message.id,
    at,
    latencyMs: Math.round(performance.now() - begun),
    status: result.status,
    code: result.taken ? null : result.code,
  };
  return { result, attempt };
}
