import { Counter, Gauge } from 'prom-client';

import { outboxBacklog, type UnitOfWork } from '#persistence';
import { ageSeconds, sharedAnswer, type Clock, type Metrics } from '#platform';

export interface MeasuredRelay {
  readonly work: UnitOfWork;
  readonly clock: Clock;
  /** True while what was sent last did not get through. */
  readonly failing: () => boolean;
}

/** What waits in the outbox, since when, and whether the relay gets through. @returns the counter of what was sent */
export function measureOutbox(metrics: Metrics, { work, clock, failing }: MeasuredRelay): Counter {
  const registers = [metrics];
  // A database that is away has its own alarm; the scrape goes on without these figures.
  const look = sharedAnswer(() => work.run(outboxBacklog).catch(() => undefined));
  new Gauge({
    name: 'outbox_unsent_records',
    help: 'Records that wait in the outbox.',
    registers,
    async collect() {
      const backlog = await look();
      this.set(backlog?.unsent ?? Number.NaN);
    },
  });
  new Gauge({
    name: 'outbox_oldest_unsent_age_seconds',
    help: 'For how long the oldest record of the outbox has been waiting; 0 when none is.',
    registers,
    async collect() {
      const backlog = await look();
      this.set(backlog === undefined ? Number.NaN : ageSeconds(backlog.oldest, clock.now()));
    },
  });
  new Gauge({
    name: 'outbox_relay_failing',
    help: '1 while what was sent last did not get through, 0 otherwise.',
    registers,
    collect() {
      this.set(Number(failing()));
    },
  });
  return new Counter({ name: 'outbox_sent_records_total', help: 'Records sent and marked.', registers });
}
