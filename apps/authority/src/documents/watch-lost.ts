/** What a node tells of documents that its disk has lost: a metric, and a health check. */
import { measureCounts, type OpenNode } from '#node';
import type { HealthRegistry } from '#platform';

const COUNTS = [
  {
    name: 'documents_due',
    help: 'Documents of received events that are still to be fetched.',
    sql: `select count(*)::int as n from document where status in ('fetching', 'author-away')`,
  },
  {
    name: 'documents_lost',
    help: 'Documents that this node had, and whose bytes are not, or not whole, on its disk.',
    sql: 'select count(*)::int as n from lost_document',
  },
];

/** Lost documents degrade the node: they are fetched back, and everything else goes on. */
export function watchLost(health: HealthRegistry, node: Pick<OpenNode, 'work' | 'metrics' | 'logger'>): void {
  measureCounts(node, COUNTS);
  health.register(
    'documents',
    async () => {
      const [row] = await node.work.run((tx) =>
        tx.query<{ lost: number; refused: number; since: Date | null }>(
          `select count(*)::int as lost, count(*) filter (where attempts > 0)::int as refused, min(found_at) as since
           from lost_document`,
        ),
      );
      if (row === undefined || row.since === null) return { status: 'up', detail: '0 lost' };
      const detail = `DOCUMENT_LOST: ${row.lost} since ${row.since.toISOString()}, ${row.refused} that nobody has given so far`;
      return { status: 'degraded', detail };
    },
    { required: false },
  );
}
