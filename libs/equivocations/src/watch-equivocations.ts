/** The alarm: metrics, and a health check that stays degraded until an operator has seen every finding. */
import { measureCounts, type OpenNode } from '#node';
import type { HealthRegistry } from '#platform';

const COUNTS = [
  {
    name: 'equivocations_total',
    help: 'Pairs of events of one author that contradict each other, both verified and kept.',
    sql: 'select count(*)::int as n from equivocation',
  },
  {
    name: 'malleated_copies_total',
    help: 'Copies of an event with other bytes and the same SignedInfo: the first was kept.',
    sql: 'select count(*)::int as n from malleated_copy',
  },
];

export function watchEquivocations(
  health: HealthRegistry,
  node: Pick<OpenNode, 'work' | 'metrics' | 'logger'>,
): void {
  measureCounts(node, COUNTS);
  health.register(
    'equivocations',
    async () => {
      const rows = await node.work.run((tx) =>
        tx.query<{ author: string; n: number }>(
          `select author, count(*)::int as n from equivocation where acknowledged_at is null
           group by author order by author limit 10`,
        ),
      );
      if (rows.length === 0) return { status: 'up' };
      const detail = rows.map(({ author, n }) => `${author} ${n}`).join(', ');
      return { status: 'degraded', detail: `EQUIVOCATION, not acknowledged: ${detail}` };
    },
    { required: false },
  );
}
