import { Counter, Gauge, Histogram } from 'prom-client';

import type { Metrics } from '#platform';

import type { Outcome } from './outcome.ts';

const OUTCOMES = ['done', 'retry', 'hold', 'park'] as const satisfies readonly Outcome['kind'][];

/** What the streams of a process count. One per metrics registry. */
export class StreamMetrics {
  readonly records: Counter<'stream' | 'outcome'>;
  readonly batch: Histogram<'stream'>;
  readonly failures: Counter<'stream' | 'code'>;
  readonly running: Gauge<'stream'>;
  readonly rewinds: Counter<'stream'>;

  constructor(metrics: Metrics) {
    const registers = [metrics];
    this.records = new Counter({
      name: 'stream_records_total',
      help: 'Records handled, by outcome.',
      labelNames: ['stream', 'outcome'],
      registers,
    });
    this.batch = new Histogram({
      name: 'stream_batch_records',
      help: 'Records in a batch as the handler received it.',
      labelNames: ['stream'],
      buckets: [1, 4, 16, 64, 256],
      registers,
    });
    this.failures = new Counter({
      name: 'stream_failures_total',
      help: 'Failed handlings and lost connections, by code.',
      labelNames: ['stream', 'code'],
      registers,
    });
    this.running = new Gauge({
      name: 'stream_running',
      help: '1 while the stream is a member of its group, 0 while it is not.',
      labelNames: ['stream'],
      registers,
    });
    this.rewinds = new Counter({
      name: 'stream_rewinds_total',
      help: 'Partitions read again because the database was behind what its node had read: restored, or taken back by an operator.',
      labelNames: ['stream'],
      registers,
    });
  }

  /** A stream's figures are there before anything has happened: a counter that appears with its first event hides it. */
  begin(stream: string): void {
    for (const outcome of OUTCOMES) this.records.inc({ stream, outcome }, 0);
    this.rewinds.inc({ stream }, 0);
    this.running.set({ stream }, 0);
  }
}
