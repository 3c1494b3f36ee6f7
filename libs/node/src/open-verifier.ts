/** The threads that check signatures, one pool for a node, with what is told of them at `/metrics`. */
import { availableParallelism } from 'node:os';
import { VerifierPool } from '#evidence';
import type { Logger, Metrics } from '#platform';
import { Counter, Gauge, Histogram } from 'prom-client';
import { z } from 'zod';

const MAX_THREADS = 64;
const DEFAULT_MAX_THREADS = 4;
/** Seconds: from one document checked in place to a full batch behind others on a busy machine. */
const BUCKETS = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10];

export const verifierConfig = z.object({
  VERIFIER_THREADS: z.coerce
    .number()
    .int()
    .min(0)
    .max(MAX_THREADS)
    .default(Math.min(DEFAULT_MAX_THREADS, availableParallelism()))
    .describe('how many threads check signatures at most; 0 checks them beside everything else'),
});

/** No thread is started before there is a batch for it. The caller closes the pool. */
export function openVerifier(
  { VERIFIER_THREADS: threads }: z.infer<typeof verifierConfig>,
  { logger, metrics }: { readonly logger: Logger; readonly metrics: Metrics },
): VerifierPool {
  const registers = [metrics];
  const seconds = new Histogram({
    name: 'verifier_batch_seconds',
    help: 'Time from asking for the check of a batch to its answer, waiting for a thread included.',
    labelNames: ['kind'],
    buckets: BUCKETS,
    registers,
  });
  const documents = new Counter({
    name: 'verifier_documents_total',
    help: 'Documents whose bytes were checked, good or bad.',
    labelNames: ['kind'],
    registers,
  });
  const failures = new Counter({
    name: 'verifier_failures_total',
    help: 'Tasks that a thread died of or did not end.',
    registers,
  });
  const pool = new VerifierPool({
    threads,
    observer: {
      checked: (kind, count, ms) => {
        seconds.observe({ kind }, ms / 1000);
        documents.inc({ kind }, count);
      },
      failed: (error) => {
        failures.inc();
        logger.warn({ err: error }, 'a thread that checks signatures has failed; it is replaced');
      },
    },
  });
  new Gauge({
    name: 'verifier_pending_tasks',
    help: 'Tasks of at most 16 documents that wait for a thread or run on one.',
    registers,
    collect() {
      this.set(pool.pending);
    },
  });
  new Gauge({
    name: 'verifier_threads',
    help: 'Threads that are running.',
    registers,
    collect() {
      this.set(pool.running);
    },
  });
  return pool;
}
