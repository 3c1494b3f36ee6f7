/** What a node tells of requests to destroy documents: a health check. */
import type { OpenNode } from '#node';
import type { HealthRegistry } from '#platform';
import type { Retaining } from './retaining.ts';

/** What was approved and cannot be ended degrades the node; what waits for a second person is only told. */
export function watchRetention(
  health: HealthRegistry,
  node: Pick<OpenNode, 'work'>,
  retaining: Pick<Retaining, 'failure'>,
): void {
  health.register(
    'retention',
    async () => {
      const [row] = await node.work.run((tx) =>
        tx.query<{ open: number; approved: number }>(
          `select (count(*) filter (where status = 'open' and expires_at > now()))::int as open,
             (count(*) filter (where status in ('approved', 'destroyed')))::int as approved
           from retention_request where status in ('open', 'approved', 'destroyed')`,
        ),
      );
      const { open, approved } = row ?? { open: 0, approved: 0 };
      const detail = `${open} requests wait for a second person, ${approved} approved are under way`;
      if (retaining.failure !== null && approved > 0)
        return { status: 'degraded', detail: `${retaining.failure}: ${detail}` };
      return { status: 'up', detail };
    },
    { required: false },
  );
}
