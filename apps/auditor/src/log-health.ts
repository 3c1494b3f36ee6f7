import type { CountedRows } from '#node';
import type { Tx } from '#persistence';
import { systemClock, type HealthRegistry, type ProbeResult } from '#platform';
import { clockLag } from './intake/own-clock.ts';
import { LOG_LEASE, type LogWriter } from './log/log-writer.ts';
import { latestCheckpoint } from './log/checkpoints.ts';
import type { AuditNode } from './streams.ts';

/** Entries that wait longer for their index say that nobody writes, milliseconds. */
const LATE_MS = 10_000;

/** What stops the log until a person has done something about its database. */
const STOPPED: ReadonlySet<string> = new Set([
  'LOG_STATE_DAMAGED',
  'LOG_FILES_CONTRADICTED',
  'LOG_ROLLED_BACK',
  'LOG_FORKED',
]);

/** How the log is: its size, what waits for its index, and who writes it. */
export class LogHealth {
  readonly #node: Pick<AuditNode, 'work'>;
  readonly #writer: LogWriter;

  constructor(node: Pick<AuditNode, 'work'>, writer: LogWriter) {
    this.#node = node;
    this.#writer = writer;
  }

  /** Adds the probe `log`. */
  register(health: HealthRegistry): void {
    health.register('log', () => this.#log());
  }

  async #log(): Promise<ProbeResult> {
    const now = systemClock.now();
    const { size, holder, waiting, oldest, lag } = await this.#node.work.run((tx) => readState(tx, now));
    const writing = this.#writer.active ? 'this instance writes' : `written by ${holder ?? 'nobody'}`;
    const clock = lag === 0 ? '' : `; the clock is ${Math.round(lag / 1000)} s behind: set it right`;
    const detail = `${size} leaves, ${waiting} waiting; ${writing}${clock}`;
    const { error } = this.#writer;
    if (error !== null && STOPPED.has(error.code)) {
      const why = error.code === 'LOG_STATE_DAMAGED' ? error.code : `${error.code}: ${error.message}`;
      return { status: 'down', detail: `${why}; ${detail}` };
    }
    const late = oldest !== null && now.getTime() - oldest.getTime() > LATE_MS;
    return { status: late || lag > 0 || holder === null ? 'degraded' : 'up', detail };
  }
}

/** What waits for its index, as a metric: there with 0, too. */
export const LOG_COUNTS: readonly CountedRows[] = [
  {
    name: 'log_waiting_entries',
    help: 'Entries that wait for their index in the log.',
    sql: 'select count(*)::int as n from log_waiting',
  },
];

interface LogState {
  readonly size: number;
  /** Null while nobody holds the lease. */
  readonly holder: string | null;
  readonly waiting: number;
  readonly oldest: Date | null;
  /** By how much this node's clock is known to be behind, milliseconds. */
  readonly lag: number;
}

async function readState(tx: Tx, now: Date): Promise<LogState> {
  const checkpoint = await latestCheckpoint(tx);
  const [lease] = await tx.query<{ holder: string }>(
    'select holder from lease where name = $1 and expires_at > clock_timestamp()',
    [LOG_LEASE],
  );
  const [backlog] = await tx.query<{ waiting: string; oldest: Date | null }>(
    'select count(*) as waiting, min(taken_at) as oldest from log_waiting w join log_entry e on e.id = w.entry',
  );
  return {
    size: checkpoint?.size ?? 0,
    holder: lease?.holder ?? null,
    waiting: Number(backlog?.waiting ?? 0),
    oldest: backlog?.oldest ?? null,
    lag: await clockLag(tx, now),
  };
}
