/** What a witness tells: metrics, and a health check that stays degraded until an operator has seen every finding. */
import { measureCounts, type OpenNode } from '#node';
import type { HealthRegistry } from '#platform';
import { OPEN_FINDING } from './finding-store.ts';
import { listWitnessStates } from './witness-state.ts';

const COUNTS = [
  {
    name: 'witness_findings_total',
    help: 'What logs have shown this witness that does not fit together, each kept.',
    sql: 'select count(*)::int as n from witness_finding',
  },
  {
    name: 'witness_findings_open',
    help: 'Findings of this witness that no operator has acknowledged and the log has not settled.',
    sql: `select count(*)::int as n from witness_finding where ${OPEN_FINDING}`,
  },
  {
    name: 'witness_cosigned_at_seconds',
    help: 'POSIX time of the last cosignature of this witness, of whatever log; 0 before the first.',
    sql: 'select coalesce(max(cosigned_at), 0)::float as n from witness_state',
  },
];

export function watchWitness(
  health: HealthRegistry,
  node: Pick<OpenNode, 'work' | 'metrics' | 'logger'>,
): void {
  measureCounts(node, COUNTS);
  health.register(
    'witness',
    async () => {
      const { states, open } = await node.work.run(async (tx) => ({
        states: await listWitnessStates(tx),
        open: await tx.query<{ origin: string; kind: string; n: number }>(
          `select origin, kind, count(*)::int as n from witness_finding where ${OPEN_FINDING}
           group by origin, kind order by origin, kind limit 10`,
        ),
      }));
      const cosigned = states.map(({ origin, size }) => `${origin} cosigned at ${size}`);
      const found = open.map(({ origin, kind, n }) => `LOG_CONSISTENCY_INVALID, ${origin}: ${kind} ${n}`);
      const detail = [...found, ...cosigned].join('; ');
      return {
        status: found.length === 0 ? 'up' : 'degraded',
        detail: detail === '' ? 'nothing cosigned yet' : detail,
      };
    },
    { required: false },
  );
}
