/** What a router tells of what waits: metrics, and a health check. */
import { measureCounts, type OpenNode } from '#node';
import type { HealthRegistry } from '#platform';

const COUNTS = [
  {
    name: 'gaps_open',
    help: 'Authors’ numbers, each of one practice, that this router misses or has parked and others wait behind.',
    sql: 'select count(distinct (owner, uuid, author))::int as n from waiting_event',
  },
  {
    name: 'waiting_events',
    help: 'Events that wait for an earlier number of their author.',
    sql: 'select count(*)::int as n from waiting_event',
  },
];

/** A gap that its author did not fill when asked degrades the router: everything else goes on. */
export function watchWaiting(
  health: HealthRegistry,
  node: Pick<OpenNode, 'work' | 'metrics' | 'logger'>,
): void {
  measureCounts(node, COUNTS);
  health.register(
    'gaps',
    async () => {
      const [row] = await node.work.run((tx) =>
        tx.query<{ n: number }>('select count(*)::int as n from author_gap where attempts > 0'),
      );
      const open = row?.n ?? 0;
      if (open === 0) return { status: 'up', detail: '0 asked for in vain' };
      return { status: 'degraded', detail: `${open} gaps that their authors have not filled so far` };
    },
    { required: false },
  );
}
