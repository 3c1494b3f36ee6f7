/** A database server of the bench's own, with default durability, and the processor time of all its processes. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '#embedded';

/** Microseconds of a tick in `/proc/<pid>/stat`: USER_HZ is 100 on every platform of Linux. */
const TICK_MICROS = 10_000;
/** Fields of `/proc/<pid>/stat` after the command, counted from 0: proc_pid_stat(5) counts the state as 3. */
const PARENT = 1;
const TIMES = { own: [11, 12], ended: [13, 14] } as const;

export interface BenchServer {
  database(name: string): Promise<string>;
  /** Of the server and its back ends so far, microseconds; those that have ended included. */
  cpuMicros(): Promise<number>;
  stop(): Promise<void>;
}

export async function startServer(): Promise<BenchServer> {
  const home = await mkdtemp(join(tmpdir(), 'reset-hub-hot-path-'));
  const server = await startPostgres({ home, durability: 'full', env: {} });
  return {
    database: (name) => server.ensureDatabase(name),
    cpuMicros: () => cpuOf(server.pid ?? 0),
    stop: async () => {
      await server.stop();
      await rm(home, { recursive: true, force: true });
    },
  };
}

async function cpuOf(server: number): Promise<number> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const stats = await Promise.all(pids.map(async (pid) => [Number(pid), await statOf(pid)] as const));
  const ticks = stats.map(([pid, fields]) => {
    const sum = (places: readonly number[]): number =>
      places.reduce((total, field) => total + Number(fields[field] ?? 0), 0);
    if (pid === server) return sum([...TIMES.own, ...TIMES.ended]);
    return Number(fields[PARENT]) === server ? sum(TIMES.own) : 0;
  });
  return ticks.reduce((total, one) => total + one, 0) * TICK_MICROS;
}

/** The fields after the command, which is in brackets and may hold anything; none for a process that has ended. */
async function statOf(pid: string): Promise<readonly string[]> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}
