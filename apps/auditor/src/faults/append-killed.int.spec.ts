import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aFolder } from '../files/log-folders.fixture.ts';
import { LogOfProcesses, type LogProcess } from './log-processes.fixture.ts';

let log: LogOfProcesses;
const logs: LogOfProcesses[] = [];

async function aLog(): Promise<LogOfProcesses> {
  const made = await LogOfProcesses.open();
  logs.push(made);
  return made;
}

afterAll(async () => {
  await Promise.all(logs.map((one) => one.close()));
});

/** Processes start and wait for each other here: seconds, and a minute on a machine that is busy with something else. */
const within = { timeout: 60_000, interval: 20 };
const patience = { timeout: 180_000 };

describe('a writer of the log, killed', patience, () => {
  let next: LogProcess;

  beforeAll(async () => {
    log = await aLog();
    next = log.process();
  });

  /** Runs a process until it dies where it was told to. The one after it starts meanwhile. */
  async function diesAt(where: string): Promise<void> {
    const dying = next;
    next = log.process();
    await dying.order('crash', where);
    await dying.begin();
    expect(await dying.ended()).toEqual([null, 'SIGKILL']);
    expect(dying.hasCrashed).toBe(true);
    await log.requireOneHistory();
  }

  it.each([
    ['before it has the lease', 'log-lease 1', 0],
    ['when the hashes are written', 'log-hashes 1', 0],
    ['when the leaves have their places', 'log-leaves 1', 0],
    ['when the checkpoint is signed, before it commits', 'log-checkpoint 1', 0],
    ['after it has committed', 'log-committed 1', 200],
  ])('%s, has published all of it or nothing', async (_, where, size) => {
    await log.admit(40);
    await diesAt(where);
    expect([await log.log.size(), log.inFolder()]).toEqual([size, null]);
  });

  it.each([
    // 200 leaves are in no folder yet: a tile, a bundle, the checkpoint.
    ['before the first file', 'files-step 1', null],
    ['in the middle of a tile', 'file-half-written 1', null],
    ['when everything is there but the checkpoint', 'file-named 2', null],
    ['when the checkpoint is written, and has no name', 'file-written 3', null],
    ['when the checkpoint has its name', 'file-named 3', 200],
  ])('%s, leaves a folder that is the log, as far as it goes', async (_, where, size) => {
    await diesAt(where);
    expect([await log.log.size(), log.inFolder()]).toEqual([200, size]);
  });

  it.each([
    // Two tiles become full, and a third begins.
    ['when the folders are safe, and nothing says that there is more', 'folder-synced 5', 200],
    ['when what became full is there twice', 'file-removed 2', 600],
  ])('%s, leaves what was published before whole', async (_, where, size) => {
    await log.admit(600 - log.admitted);
    await log.integrate();
    await diesAt(where);
    expect([await log.log.size(), log.inFolder()]).toEqual([600, size]);
  });

  it('is followed by one that publishes everything that was admitted, once', async () => {
    await log.admit(57);
    await next.begin();
    await expect.poll(() => log.inFolder(), within).toBe(657);
    await log.requireOneHistory();
    expect(await next.end()).toEqual([0, null]);
  });
});

describe('two writers of the log', patience, () => {
  let both: readonly [LogProcess, LogProcess];

  beforeAll(async () => {
    log = await aLog();
    both = [log.process(), log.process(aFolder())];
  });

  it('that start at one moment write one history, and nothing twice', async () => {
    await log.admit(10);
    await Promise.all(both.map((one) => one.begin()));
    for (const more of [5, 7, 11]) {
      await expect.poll(() => log.log.size(), within).toBe(log.admitted);
      await log.admit(more);
    }
    await expect.poll(() => log.inFolder(), within).toBe(33);
    await log.requireOneHistory();
  });

  it('of which one is stopped (SIGSTOP) with its whole transaction sent: the other takes over, and what wakes changes nothing', async () => {
    // Whoever of them writes.
    for (const one of both) await one.order('stop', 'log-checkpoint 1');
    await log.admit(3);
    await expect.poll(() => both.some(({ hasStopped }) => hasStopped), within).toBe(true);
    const [stopped, other] = both[0].hasStopped ? both : [both[1], both[0]];
    await other.withdraw('stop');
    // The database ends a transaction in which nothing comes for three seconds; the lease runs out beside it.
    await expect.poll(() => log.log.size(), within).toBe(36);
    await log.admit(2);
    await expect.poll(() => log.log.size(), within).toBe(38);
    stopped.child.kill('SIGCONT');
    // It has no lease, nor the connection that its transaction was on: it writes the files of what the other has published.
    await expect.poll(() => both.map(({ folder }) => log.inFolder(folder)), within).toEqual([38, 38]);
    await log.requireOneHistory();
    // And it writes again when its turn comes, on top of what it never saw.
    other.child.kill('SIGKILL');
    await log.admit(4);
    await expect.poll(() => log.inFolder(stopped.folder), within).toBe(42);
    await log.requireOneHistory();
    expect(await stopped.end()).toEqual([0, null]);
  });
});
