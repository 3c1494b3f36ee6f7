import { Counter, Gauge } from 'prom-client';
import type { OpenNode } from './open-node.ts';

/** What is counted in the node's own database when its metrics are asked for: a statement with one row, `n`. */
export interface CountedRows {
  /** A name that ends in `_total` becomes a counter: its statement must never count less than before. */
  readonly name: string;
  readonly help: string;
  readonly sql: string;
}

/**
 * Metrics that are rows: right after a restart, and the same at two instances of a node. With the database away they
 * stay what they were; that it is away is told elsewhere.
 */
export function measureCounts(
  { work, metrics, logger }: Pick<OpenNode, 'work' | 'metrics' | 'logger'>,
  counts: readonly CountedRows[],
): void {
  for (const { name, help, sql } of counts) {
    const read = async (): Promise<number | undefined> => {
      try {
        const [row] = await work.run((tx) => tx.query<{ n: number }>(sql));
        return row?.n ?? 0;
      } catch (error) {
        logger.debug({ err: error, metric: name }, 'a metric could not be counted');
        return undefined;
      }
    };
    const registers = [metrics];
    if (name.endsWith('_total')) {
      new Counter({
        name,
        help,
        registers,
        async collect() {
          const count = await read();
          if (count === undefined) return;
          this.reset();
          this.inc(count);
        },
      });
    } else {
      new Gauge({
        name,
        help,
        registers,
        async collect() {
          const count = await read();
          if (count !== undefined) this.set(count);
        },
      });
    }
  }
}
