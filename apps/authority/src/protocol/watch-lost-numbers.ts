/** What a node tells of protocol numbers that a restore has found without their entries: metrics, and a health check. */
import { measureCounts, type OpenNode } from '#node';
import type { HealthRegistry } from '#platform';

const WITHOUT_ENTRY = `from protocol_lost l where not exists (select from protocol p
  where p.register = l.register and p.year = l.year and p.number = l.number)`;

const COUNTS = [
  {
    name: 'protocol_numbers_lost',
    help: 'Protocol numbers that were given out before a restore, whose message nobody can tell.',
    sql: `select count(*)::int as n ${WITHOUT_ENTRY} and event_id is null`,
  },
  {
    name: 'protocol_numbers_awaited',
    help: 'Protocol numbers that were given out before a restore, whose message is known and not here again.',
    sql: `select count(*)::int as n ${WITHOUT_ENTRY} and event_id is not null`,
  },
];

/**
 * A number whose message is known comes back with it: until then the node is degraded. One whose message nobody can tell
 * stays lost for ever: that is said, and is nothing to wait for.
 */
export function watchLostNumbers(
  health: HealthRegistry,
  node: Pick<OpenNode, 'work' | 'metrics' | 'logger'>,
): void {
  measureCounts(node, COUNTS);
  health.register(
    'protocol',
    async () => {
      const [row] = await node.work.run((tx) =>
        tx.query<{ lost: number; awaited: number }>(
          `select count(*) filter (where event_id is null)::int as lost,
             count(*) filter (where event_id is not null)::int as awaited ${WITHOUT_ENTRY}`,
        ),
      );
      const { lost = 0, awaited = 0 } = row ?? {};
      const told = [
        ...(awaited > 0 ? [`PROTOCOL_NUMBER_AWAITED: ${awaited}`] : []),
        ...(lost > 0 ? [`PROTOCOL_NUMBER_LOST: ${lost}`] : []),
      ];
      const status = awaited > 0 ? 'degraded' : 'up';
      return told.length === 0 ? { status } : { status, detail: told.join(', ') };
    },
    { required: false },
  );
}
