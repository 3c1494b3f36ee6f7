/** What a node tells of its gaps: metrics, and a health check. */
import { measureCounts, type OpenNode } from '#node';
import type { HealthRegistry } from '#platform';

const COUNTS = [
  {
    name: 'gaps_open',
    help: 'Practices whose events wait for an earlier position.',
    sql: `select count(distinct (owner, uuid))::int as n from event where status = 'waiting'`,
  },
  {
    name: 'waiting_events',
    help: 'Events that wait for an earlier position of their practice.',
    sql: `select count(*)::int as n from event where status = 'waiting'`,
  },
];

/** A gap that was asked for to no avail degrades the node: its other practices go on. */
export function watchGaps(health: HealthRegistry, node: Pick<OpenNode, 'work' | 'metrics' | 'logger'>): void {
  measureCounts(node, COUNTS);
  health.register(
    'gaps',
    async () => {
      const [row] = await node.work.run((tx) =>
        tx.query<{ n: number }>('select count(*)::int as n from gap where attempts > 0'),
      );
      const open = row?.n ?? 0;
      if (open === 0) return { status: 'up', detail: '0 asked for in vain' };
      return { status: 'degraded', detail: `${open} practices miss an event that nobody has given so far` };
    },
    { required: false },
  );
}
