import { Gauge } from 'prom-client';

import type { HubError } from '#errors';
import { backoff, type Logger, type Metrics } from '#platform';

const PAUSE = { baseMs: 500, maxMs: 30_000 } as const;

interface Blocked {
  readonly error: HubError;
  readonly setbacks: number;
  /** When it is tried again, by the process's monotonic clock. */
  readonly until: number;
}

/** Topics that the broker does not take records for (no such topic, no permission): each is tried again by itself. */
export class BlockedTopics {
  readonly #topics = new Map<string, Blocked>();
  readonly #logger: Logger;

  constructor(logger: Logger, metrics: Metrics) {
    this.#logger = logger;
    const topics = this.#topics;
    new Gauge({
      name: 'outbox_blocked_topics',
      help: 'Topics for which the broker takes no records.',
      registers: [metrics],
      collect() {
        this.set(topics.size);
      },
    });
  }

  /** What one of the blocked topics suffers from; null if there is none. */
  get error(): HubError | null {
    return this.#topics.values().next().value?.error ?? null;
  }

  /** The topics that are not to be tried now. */
  now(): string[] {
    const time = performance.now();
    return [...this.#topics].filter(([, { until }]) => until > time).map(([topic]) => topic);
  }

  /** Topics with those first that have refused records before: whether they still do decides what else may be sent. */
  suspectsFirst(topics: ReadonlySet<string>): readonly string[] {
    return [...topics].toSorted((a, b) => Number(this.#topics.has(b)) - Number(this.#topics.has(a)));
  }

  add(topic: string, error: HubError): void {
    const setbacks = (this.#topics.get(topic)?.setbacks ?? -1) + 1;
    this.#topics.set(topic, { error, setbacks, until: performance.now() + backoff(setbacks, PAUSE) });
    this.#logger.error({ err: error, topic }, 'records wait for a topic');
  }

  passed(topics: readonly string[]): void {
    if (this.#topics.size === 0) return;
    for (const topic of topics) this.#topics.delete(topic);
  }
}
