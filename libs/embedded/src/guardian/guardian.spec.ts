import { spawn, type ChildProcess } from 'node:child_process';
import { afterEach, expect, it } from 'vitest';
import { identify } from '../process/identity.ts';
import { startGuardian } from './guardian.ts';

/** A process that runs until it is killed; `stubborn` ignores SIGTERM. */
async function child(stubborn = false): Promise<number> {
  const ignore = stubborn ? "process.on('SIGTERM', () => undefined);" : '';
  const started = spawn(
    process.execPath,
    ['-e', `${ignore} setInterval(() => {}, 1000); console.log('up')`],
    {
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  );
  children.push(started);
  await new Promise((resolve) => started.stdout.once('data', resolve));
  return started.pid!;
}

const children: ChildProcess[] = [];
afterEach(() => {
  for (const started of children.splice(0)) started.kill('SIGKILL');
});

it('ends what it still watches when it is stopped, and nothing that was released', async () => {
  const guardian = await startGuardian();
  const [watched, released] = [await child(), await child()];
  guardian.watch(watched, 'watched');
  guardian.watch(released, 'released');
  guardian.release(released);
  await guardian.stop();
  expect(identify(watched)).toBeUndefined();
  expect(identify(released)).toBeDefined();
  expect(identify(guardian.pid)).toBeUndefined();
});

it('ends a process that ignores SIGTERM', async () => {
  const guardian = await startGuardian();
  const stubborn = await child(true);
  guardian.watch(stubborn, 'stubborn');
  await guardian.stop();
  expect(identify(stubborn)).toBeUndefined();
}, 15_000);

it('is not itself ended by Ctrl-C or a polite kill', async () => {
  const guardian = await startGuardian();
  process.kill(guardian.pid, 'SIGINT');
  process.kill(guardian.pid, 'SIGTERM');
  const watched = await child();
  guardian.watch(watched, 'watched');
  await guardian.stop();
  expect(identify(watched)).toBeUndefined();
});

it('takes a later process with the same number for another one', async () => {
  const pid = await child();
  const { terminate } = await import('../process/terminate.ts');
  await terminate({ pid, started: '1' }, 'SIGKILL', 1_000);
  expect(identify(pid)).toBeDefined();
});
