import { randomBytes } from 'node:crypto';
import { chown, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HubError } from '#errors';
import type { Guardian } from '../guardian/guardian.ts';
import { startInBackground, untilReady } from '../process/background.ts';
import { clearLeftBehind, recordChild } from '../process/child-record.ts';
import { identify } from '../process/identity.ts';
import { portLike } from '../process/ports.ts';
import { remember, remembered } from '../process/remembered.ts';
import { run } from '../process/run.ts';
import { terminate } from '../process/terminate.ts';
import { postgresBinaries, type PostgresBinaries } from './binaries.ts';
import { answers, checkServer, ensureDatabase, type RunningPostgres } from './postgres.ts';
import { giveTo, serverUser, type SystemUser } from './system-user.ts';

/** Some forty authorities with a pool each, and the tests beside them: an unused connection costs the server nothing. */
const MAX_CONNECTIONS = 500;
/** After a kill it reads again what it has logged since its last checkpoint. */
const READY_WITHIN_MS = 120_000;
/**
 * A server at full load fills the default of 1 GB in half a minute, and writes each page whole that it touches first after
 * a checkpoint: half as much again of log for a document's indexes.
 */
const MAX_WAL_SIZE = '4GB';
const STOP_GRACE_MS = 10_000;
/** PostgreSQL's fast shutdown: sessions are ended, data is written. */
const FAST_SHUTDOWN = 'SIGINT';

/** Of data that nobody wants after a power cut, and that is gone before it is worth cleaning up behind it. */
const THROWAWAY = [
  'fsync=off',
  'synchronous_commit=off',
  'full_page_writes=off',
  'wal_level=minimal',
  'max_wal_senders=0',
  'wal_init_zero=off',
  // In memory perhaps, where a log of 4 GB would be much.
  'max_wal_size=256MB',
  'autovacuum=off',
  'io_method=sync',
];

interface Access {
  readonly port: number;
  readonly password: string;
}

export interface PostgresOptions {
  /** The network's folder; the data lies in `postgres/` under it and stays. */
  readonly home: string;
  /** Folder of the log; `<home>/logs` when absent. */
  readonly logDir?: string;
  readonly port?: number;
  /** `throwaway` waits for no disk: for data that nobody wants after a power cut (tests). */
  readonly durability?: 'full' | 'throwaway';
  readonly guardian?: Guardian;
  readonly env?: NodeJS.ProcessEnv;
}

/**
 * A PostgreSQL server for a network: that of `DATABASE_URL` when it is set, otherwise an embedded one on the loopback
 * address, whose data survives restarts and SIGKILL.
 *
 * @throws HubError `POSTGRES_UNAVAILABLE`, `HOME_IN_USE`
 */
export async function startPostgres(options: PostgresOptions): Promise<RunningPostgres> {
  const { DATABASE_URL: url } = options.env ?? process.env;
  if (url === undefined || url === '') return await startEmbedded(options);
  await checkServer(url);
  return {
    kind: 'external',
    adminUrl: url,
    pid: null,
    logFile: null,
    ensureDatabase: async (name) => await ensureDatabase(url, name),
    stop: async () => Promise.resolve(),
  };
}

async function startEmbedded(options: PostgresOptions): Promise<RunningPostgres> {
  const dir = join(options.home, 'postgres');
  const dataDir = join(dir, 'data');
  const logDir = options.logDir ?? join(options.home, 'logs');
  const record = join(dir, 'process.json');
  const logFile = join(logDir, 'postgres.log');
  const binaries = postgresBinaries();
  await mkdir(dir, { recursive: true });
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  await mkdir(logDir, { recursive: true });
  await clearLeftBehind(record, FAST_SHUTDOWN);
  const user = await serverUser();
  if (user !== undefined) await giveTo(user, dataDir, options.home);
  const access = await chooseAccess(dir, options.port);
  await initialiseOnce(binaries, dir, dataDir, loginOf(access, options.durability), user);
  await clearStalePid(dataDir);
  const identity = await startInBackground(
    'POSTGRES_UNAVAILABLE',
    binaries.postgres,
    serverArguments(dataDir, access.port, options.durability),
    { logFile, cwd: dataDir, ...user },
  );
  options.guardian?.watch(identity.pid, 'postgres', FAST_SHUTDOWN);
  await recordChild(record, identity);
  const stop = async (): Promise<void> => {
    await terminate(identity, FAST_SHUTDOWN, STOP_GRACE_MS);
    options.guardian?.release(identity.pid);
  };
  const adminUrl = `postgres://postgres:${access.password}@127.0.0.1:${String(access.port)}/postgres`;
  try {
    await untilReady(
      'POSTGRES_UNAVAILABLE',
      'PostgreSQL',
      { identity, logFile },
      async () => await answers(adminUrl),
      READY_WITHIN_MS,
    );
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    kind: 'embedded',
    adminUrl,
    pid: identity.pid,
    logFile,
    ensureDatabase: async (name) => await ensureDatabase(adminUrl, name),
    stop,
  };
}

function serverArguments(dataDir: string, port: number, durability: PostgresOptions['durability']): string[] {
  return [
    '-D',
    dataDir,
    '-p',
    String(port),
    '-c',
    'listen_addresses=127.0.0.1',
    '-c',
    'unix_socket_directories=',
    '-c',
    `max_connections=${String(MAX_CONNECTIONS)}`,
    '-c',
    `max_wal_size=${MAX_WAL_SIZE}`,
    ...(durability === 'throwaway' ? THROWAWAY.flatMap((setting) => ['-c', setting]) : []),
  ];
}

async function chooseAccess(dir: string, given: number | undefined): Promise<Access> {
  const file = join(dir, 'access.json');
  const before = await remembered<Access>(file);
  const access = {
    port: given ?? (await portLike(before.port)),
    password: before.password ?? randomBytes(18).toString('hex'),
  };
  await remember(file, access);
  return access;
}

/** How the administrator logs in, as arguments of `initdb`, and with which password. */
interface Login {
  readonly password: string;
  readonly flags: readonly string[];
}

/**
 * A throwaway server is asked for the password itself, which costs both sides a third of each of thousands of connections less;
 * it lies on the loopback address as ever, and the password is of this run alone.
 */
function loginOf({ password }: Access, durability: PostgresOptions['durability']): Login {
  if (durability !== 'throwaway') return { password, flags: ['-A', 'scram-sha-256'] };
  return { password, flags: ['-A', 'password', '-c', 'scram_iterations=1'] };
}

/** Creates the cluster. One that was killed half-way has no marker, and is made anew. */
async function initialiseOnce(
  { initdb }: PostgresBinaries,
  dir: string,
  dataDir: string,
  { password, flags }: Login,
  user: SystemUser | undefined,
): Promise<void> {
  const marker = join(dir, 'initialised');
  if ((await stat(marker).catch(() => undefined)) !== undefined) return;
  await rm(dataDir, { recursive: true, force: true });
  await mkdir(dataDir, { mode: 0o700 });
  const passwordFile = join(dir, 'password');
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  if (user !== undefined) {
    await chown(dataDir, user.uid, user.gid);
    await chown(passwordFile, user.uid, user.gid);
  }
  const done = await run(
    initdb,
    [
      '-D',
      dataDir,
      '-U',
      'postgres',
      ...flags,
      `--pwfile=${passwordFile}`,
      '-E',
      'UTF8',
      '--locale=C',
      '--no-sync',
      '--no-instructions',
    ],
    { cwd: dataDir, ...user },
  );
  await rm(passwordFile, { force: true });
  if (done.code !== 0) {
    throw new HubError('POSTGRES_UNAVAILABLE', `the database cluster ${dataDir} cannot be made`, {
      details: { output: done.output.slice(-2_000) },
    });
  }
  await writeFile(marker, '');
}

/**
 * Removes `postmaster.pid` of a killed server when its process is gone. PostgreSQL does so itself, unless another
 * process has taken the number since: then it would refuse to start.
 */
async function clearStalePid(dataDir: string): Promise<void> {
  const file = join(dataDir, 'postmaster.pid');
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return;
  const pid = Number(text.split('\n')[0]);
  const holder = identify(pid);
  if (holder !== undefined) {
    const command = await readFile(`/proc/${String(pid)}/cmdline`, 'utf8').catch(() => dataDir);
    if (command.includes(dataDir)) {
      throw new HubError('HOME_IN_USE', `PostgreSQL process ${String(pid)} already serves ${dataDir}`);
    }
  }
  await rm(file, { force: true });
}
