import { METRICS, sharedAnswer, type Metrics } from '#platform';
import { Inject, Injectable } from '@nestjs/common';
import { Gauge } from 'prom-client';
import { PARTNER_BOARD, type PartnerBoard, type PartnerLine } from './partner-line.ts';

/** One look at the tables serves all gauges of a scrape, milliseconds. */
const LOOK_FOR_MS = 5_000;

type Figure = {
  readonly [Key in keyof PartnerLine]: PartnerLine[Key] extends number | null ? Key : never;
}[keyof PartnerLine];

const FIGURES: Readonly<Record<Figure, readonly [name: string, help: string]>> = {
  lag: ['partner_lag_records', 'Records of the partner’s outbox that this node has not handled yet.'],
  retentionLeftSeconds: [
    'partner_retention_left_seconds',
    'Until the partner’s outbox forgets the first record that this node has not handled; its whole retention while there is none.',
  ],
  unreceived: ['partner_unreceived_events', 'Events for the partner that it has not said to have received.'],
  unsent: ['partner_unsent_records', 'Records for the partner’s inbox that wait to be sent.'],
  oldestUnsentSeconds: [
    'partner_oldest_unsent_seconds',
    'For how long the oldest record for the partner’s inbox waits to be sent.',
  ],
  waiting: ['partner_waiting_events', 'Events of the partner that wait for an earlier one.'],
  parked: ['partner_parked_records', 'Records of the partner in this node’s quarantine.'],
  retrying: ['partner_documents_due', 'Documents that this node is still to fetch from the partner.'],
};

/** Tells at `/metrics` what the board says, a series a partner; what a node cannot know has no series. */
@Injectable()
export class PartnerMetrics {
  constructor(@Inject(PARTNER_BOARD) board: PartnerBoard, @Inject(METRICS) metrics: Metrics) {
    // A database that is away has its own alarm; the scrape goes on without these figures.
    const look = sharedAnswer(() => board.lines().catch((): readonly PartnerLine[] => []), LOOK_FOR_MS);
    for (const [figure, [name, help]] of Object.entries(FIGURES) as [Figure, readonly [string, string]][]) {
      new Gauge({
        name,
        help,
        labelNames: ['partner'],
        registers: [metrics],
        async collect() {
          this.reset();
          for (const line of await look()) {
            const value = line[figure];
            if (value !== null) this.set({ partner: line.partner }, value);
          }
        },
      });
    }
  }
}
