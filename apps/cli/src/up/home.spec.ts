import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { placesIn } from '../network/home.ts';
import { identify } from '../network/process-identity.ts';
import { choosePorts } from './choose-ports.ts';
import { lockHome } from './home-lock.ts';
import { claimHome, emptyHome, markHome } from './prepare-home.ts';

let home: string;
const children: ChildProcess[] = [];
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'home-'));
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await rm(home, { recursive: true, force: true });
});

/** A process that does nothing until it is killed. */
async function idle(): Promise<{
  readonly child: ChildProcess;
  readonly pid: number;
  readonly started: string;
}> {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)']);
  children.push(child);
  await once(child, 'spawn');
  return { child, ...identify(child.pid ?? 0)! };
}

async function leaveLock(lock: unknown): Promise<void> {
  await writeFile(placesIn(home).lock, JSON.stringify(lock));
}

describe('the lock of a folder', () => {
  it('refuses a second network while the first runs, with its pid', async () => {
    const first = await lockHome(home);
    await expect(lockHome(home)).rejects.toMatchObject({
      code: 'UP_ALREADY_RUNNING',
      details: { pid: process.pid },
    });
    await first.release();
    await (await lockHome(home)).release();
  });

  it('takes over the lock of a process that is gone, and of another one with its number', async () => {
    const { child, pid, started } = await idle();
    child.kill('SIGKILL');
    await once(child, 'exit');
    await leaveLock({ up: { pid, started } });
    await (await lockHome(home)).release();
    await leaveLock({ up: { pid: process.pid, started: 'another time' } });
    await (await lockHome(home)).release();
    await writeFile(placesIn(home).lock, '{"up":');
    await (await lockHome(home)).release();
  });

  it('waits until the guardian of a killed network has cleaned up', async () => {
    const { child, pid, started } = await idle();
    await leaveLock({ up: { pid: process.pid, started: 'killed' }, guardian: { pid, started } });
    let taken = false;
    const taking = lockHome(home).then(async (lock) => {
      taken = true;
      await lock.release();
    });
    // The lock looks every 100 ms: had it not waited, it would have been taken long before the guardian ends.
    const looked = Date.now() + 400;
    await expect.poll(() => Date.now() > looked).toBe(true);
    expect(taken).toBe(false);
    child.kill('SIGKILL');
    await taking;
    expect(taken).toBe(true);
  });
});

describe('the folder', () => {
  it('is refused when it holds data of somebody else, which then stays', async () => {
    await writeFile(join(home, 'thesis.doc'), 'years of work');
    await expect(claimHome(home)).rejects.toMatchObject({ code: 'HOME_NOT_OURS' });
    expect(await readdir(home)).toEqual(['thesis.doc']);
  });

  it('keeps its id over restarts, belongs to one network, and is anybody’s again once emptied', async () => {
    await claimHome(home);
    const marker = await markHome(home, 'cremona');
    expect(await markHome(home, 'cremona')).toEqual(marker);
    await expect(markHome(home, 'brescia')).rejects.toMatchObject({ code: 'HOME_OF_ANOTHER_NETWORK' });
    await mkdir(join(home, 'documents', 'c_d150'), { recursive: true });
    await claimHome(home);
    await emptyHome(home);
    expect(await readdir(home)).toEqual([]);
    expect((await markHome(home, 'brescia')).id).not.toBe(marker.id);
  });
});

describe('ports', () => {
  it('are those of last time while they are free, never one for two', async () => {
    const file = join(home, 'ports.json');
    const names = ['one', 'two', 'three'];
    const first = await choosePorts(file, names);
    expect(new Set(Object.values(first)).size).toBe(3);
    expect(await choosePorts(file, names)).toEqual(first);
    const squatter = createServer().listen(first['two'], '127.0.0.1');
    await once(squatter, 'listening');
    const { two, ...others } = await choosePorts(file, names);
    squatter.close();
    expect(two).not.toBe(first['two']);
    expect(others).toEqual({ one: first['one'], three: first['three'] });
  });
});
