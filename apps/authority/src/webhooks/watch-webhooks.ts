import { ageSeconds, sharedAnswer, type HealthRegistry, type Metrics, type ProbeResult } from '#platform';
import { Gauge } from 'prom-client';
import type { FindWebhooks } from './find-webhooks.ts';
import type { WebhookView } from './webhook-shapes.ts';

/** Shows webhooks that do not get through, in `/health` and `/metrics`: nothing is ever disabled silently. */
export class WatchWebhooks {
  readonly #find: FindWebhooks;

  constructor(find: FindWebhooks) {
    this.#find = find;
  }

  register(health: HealthRegistry, metrics: Metrics, now: () => Date): void {
    health.register('webhooks', async () => healthOf(await this.#find.list()), { required: false });
    const registers = [metrics];
    const labelNames = ['webhook'];
    // A database that is away has its own alarm; the scrape goes on without these figures.
    const look = sharedAnswer(() => this.#find.list().catch((): undefined => undefined));
    const list = async (): Promise<readonly WebhookView[]> => (await look()) ?? [];
    const overall = async (figure: (webhooks: readonly WebhookView[]) => number): Promise<number> => {
      const webhooks = await look();
      return webhooks === undefined ? Number.NaN : figure(webhooks);
    };
    // Over all webhooks: what an alarm is set on is there also where none has been made.
    new Gauge({
      name: 'webhooks_retrying',
      help: 'Webhooks whose next message has failed and is to be tried again.',
      registers,
      async collect() {
        this.set(await overall((webhooks) => webhooks.filter(({ failing }) => failing !== null).length));
      },
    });
    new Gauge({
      name: 'webhooks_oldest_failing_age_seconds',
      help: 'For how long the webhook that has failed longest has been; 0 when none is to be tried again.',
      registers,
      async collect() {
        this.set(await overall((webhooks) => ageSeconds(longestFailing(webhooks), now())));
      },
    });
    new Gauge({
      name: 'webhooks_suspended',
      help: 'Webhooks that were suspended.',
      registers,
      async collect() {
        this.set(await overall((webhooks) => webhooks.filter(({ state }) => state === 'suspended').length));
      },
    });
    new Gauge({
      name: 'webhook_suspended',
      help: '1 for a webhook that was suspended, 0 for any other.',
      registers,
      labelNames,
      async collect() {
        this.reset();
        for (const { id, state } of await list()) this.set({ webhook: id }, state === 'suspended' ? 1 : 0);
      },
    });
    new Gauge({
      name: 'webhook_waiting_entries',
      help: 'Entries still to be pushed, of the 1000 entries of the feed behind the cursor.',
      registers,
      labelNames,
      async collect() {
        this.reset();
        for (const { id, waiting } of await list()) this.set({ webhook: id }, waiting.count);
      },
    });
    new Gauge({
      name: 'webhook_oldest_waiting_age_seconds',
      help: 'For how long the oldest entry still to be pushed has been waiting; 0 when none is.',
      registers,
      labelNames,
      async collect() {
        this.reset();
        for (const { id, waiting } of await list())
          this.set({ webhook: id }, ageSeconds(momentOf(waiting.oldest), now()));
      },
    });
    new Gauge({
      name: 'webhook_failed_attempts',
      help: 'Attempts at the message at the head of the queue that have failed so far.',
      registers,
      labelNames,
      async collect() {
        this.reset();
        for (const { id, failing } of await list()) this.set({ webhook: id }, failing?.attempts ?? 0);
      },
    });
  }
}

/** Anyone can read it: ids, no labels and no addresses. */
function healthOf(webhooks: readonly WebhookView[]): ProbeResult {
  const troubled = webhooks.filter(({ state, failing }) => state === 'suspended' || failing !== null);
  if (troubled.length === 0) {
    const paused = webhooks.filter(({ state }) => state === 'paused').length;
    const counts = [`${webhooks.length - paused} active`, ...(paused > 0 ? [`${paused} paused`] : [])];
    return { status: 'up', detail: counts.join(', ') };
  }
  return { status: 'degraded', detail: troubled.map(sentenceOf).join('; ') };
}

function sentenceOf({ id, state, stateSince, suspended, failing, lastAttempt }: WebhookView): string {
  const last = [lastAttempt?.code, lastAttempt?.status];
  const answer = last.filter((each) => each !== null && each !== undefined).join(', ') || 'no attempt';
  return state === 'suspended'
    ? `${id} suspended since ${stateSince} (${suspended ?? ''}; last ${answer})`
    : `${id} failing since ${failing?.since ?? ''} (${answer})`;
}

/** Since when that one has failed which has failed longest; null if none has. */
function longestFailing(webhooks: readonly WebhookView[]): Date | null {
  const since = webhooks.flatMap(({ failing }) => (failing === null ? [] : [failing.since]));
  return momentOf(since.toSorted()[0] ?? null);
}

function momentOf(time: string | null): Date | null {
  return time === null ? null : new Date(time);
}
