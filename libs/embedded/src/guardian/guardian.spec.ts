import { spawn, type ChildProcess } from 'node:child_process';
import { afterEach, expect, it, onTestFinished } from 'vitest';
import { identify, isRunning } from '../process/identity.ts';
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
  const guardian = await startGuardian(300);
  const stubborn = await child(true);
  guardian.watch(stubborn, 'stubborn');
  await guardian.stop();
  expect(identify(stubborn)).toBeUndefined();
});

/** Starts a guardian and what it watches, says which, and runs until it is killed. */
const PARENT = `
const { spawn } = await import('node:child_process');
const { startGuardian } = await import(process.argv[1]);
const guardian = await startGuardian();
const node = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { detached: true, stdio: 'ignore' });
guardian.watch(node.pid, 'node');
console.log(JSON.stringify([guardian.pid, node.pid]));
setInterval(() => {}, 1000);
`;

// That broker, database and nodes of a network go in this way, too, is for test/start to see.
it('ends what it watches, and itself, within 10 s after SIGKILL of the process that started it', async () => {
  const guardian = new URL('./guardian.ts', import.meta.url).href;
  const parent = spawn(process.execPath, ['--no-warnings', '--input-type=module', '-e', PARENT, guardian], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(parent);
  const line = await new Promise<string>((resolve) =>
    parent.stdout.once('data', (said: Buffer) => {
      resolve(said.toString());
    }),
  );
  const identities = (JSON.parse(line) as number[]).map(identify).filter((each) => each !== undefined);
  expect(identities).toHaveLength(2);
  onTestFinished(() => {
    for (const { pid } of identities.filter(isRunning)) process.kill(pid, 'SIGKILL');
  });
  parent.kill('SIGKILL');
  await expect.poll(() => identities.filter(isRunning), { timeout: 10_000, interval: 50 }).toEqual([]);
});

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
