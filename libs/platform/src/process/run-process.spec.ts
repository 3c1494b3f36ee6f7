import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

import { afterEach, describe, expect, it } from 'vitest';

const FIXTURE = new URL('./process.fixture.ts', import.meta.url);
const children: ChildProcess[] = [];

interface Child {
  readonly child: ChildProcess;
  readonly message: Promise<unknown>;
  readonly ended: Promise<{ readonly code: number | null; readonly out: string; readonly err: string }>;
}

function launch(behaviour: string): Child {
  const child = fork(FIXTURE, [behaviour], {
    // What it imports from other rooms is what `npm run build` has compiled: nothing has to be transformed.
    execArgv: ['--no-warnings'],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  children.push(child);
  const { stdout, stderr } = child;
  if (stdout === null || stderr === null) throw new Error('the child has no output');
  const ended = Promise.all([once(child, 'exit'), text(stdout), text(stderr)]).then(([[code], out, err]) => ({
    code: code as number | null,
    out,
    err,
  }));
  return { child, ended, message: once(child, 'message').then(([message]) => message as unknown) };
}

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

describe('the life of a process', { timeout: 30_000 }, () => {
  it.for(['SIGTERM', 'SIGINT'] as const)(
    'tells its parent that it is ready, and closes with code 0 at %s',
    async (signal) => {
      const { child, message, ended } = launch('works');
      expect(await message).toEqual({ ready: true, behaviour: 'works' });
      child.kill(signal);
      expect(await ended).toMatchObject({ code: 0, out: expect.stringContaining('closing\n') as string });
    },
  );

  it('closes when its parent is gone', async () => {
    const { child, message, ended } = launch('works');
    await message;
    child.disconnect();
    expect(await ended).toMatchObject({ code: 0, out: expect.stringContaining('closing\n') as string });
  });

  it('says code, sentence and remedy when it cannot start, to people and to its parent, and ends with 1', async () => {
    const { message, ended } = launch('fails');
    expect(await message).toMatchObject({ ready: false, code: 'PORT_UNAVAILABLE' });
    const { code, err } = await ended;
    expect(code).toBe(1);
    expect(err).toBe(
      'fixture did not start\n' +
        'PORT_UNAVAILABLE: The address or port to listen on is not available.\n' +
        '  cannot listen on 127.0.0.1:1\n' +
        'Stop the process that holds it, or give 0 for a free port.\n',
    );
  });

  it.for(['hangs', 'cannot-close'])(
    'ends with 1, at the deadline at the latest, when closing %s',
    async (behaviour) => {
      const { child, message, ended } = launch(behaviour);
      await message;
      child.kill('SIGTERM');
      expect((await ended).code).toBe(1);
    },
  );

  it('closes with 1 after a failure that nobody caught, and logs it', async () => {
    const { ended } = launch('throws-later');
    const { code, out } = await ended;
    expect(code).toBe(1);
    expect(out).toContain('nobody catches this');
    expect(out).toContain('closing\n');
  });
});
