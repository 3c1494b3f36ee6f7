import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Guardian } from '#embedded';
import { identify } from '../network/process-identity.ts';
import { KeptNode } from './kept-node.ts';
import type { NodeSpec } from './node-process.ts';

let dir: string;
const started: KeptNode[] = [];
/** What the guardian was told, in its place. */
let watched: Set<number>;
let guardian: Guardian;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'node-'));
  watched = new Set();
  guardian = {
    pid: 0,
    watch: (pid) => watched.add(pid),
    release: (pid) => watched.delete(pid),
    stop: () => Promise.resolve(),
  };
});
afterEach(async () => {
  for (const node of started.splice(0)) await node.stop();
  await rm(dir, { recursive: true, force: true });
});

function spec(behaviour: string): NodeSpec {
  return {
    name: 'c_d150',
    main: fileURLToPath(new URL('./node.fixture.ts', import.meta.url)),
    env: { PATH: process.env['PATH'] ?? '', BEHAVIOUR: behaviour, NODE_NAME: 'c_d150' },
    logFile: join(dir, 'c_d150.log'),
  };
}

describe('a node of the network', { timeout: 30_000 }, () => {
  it('is in service once it says so, is known to the guardian, and writes to its own log', async () => {
    const node = await KeptNode.start(spec('works'), { guardian, onRestart: () => undefined });
    started.push(node);
    expect(node).toMatchObject({ url: `http://127.0.0.1:${node.pid}`, peerUrl: 'https://127.0.0.1:1' });
    expect([...watched]).toEqual([node.pid]);
    expect(await readFile(node.spec.logFile, 'utf8')).toBe('c_d150 writes to its log\n');
    await node.stop();
    expect(identify(node.pid)).toBeUndefined();
    expect(watched.size).toBe(0);
  });

  it('is started again when it is killed, as another process, until it is stopped', async () => {
    const restarts: number[] = [];
    const onRestart = ({ pid }: KeptNode): void => void restarts.push(pid);
    const node = await KeptNode.start(spec('works'), { guardian, onRestart });
    started.push(node);
    const first = node.pid;
    process.kill(first, 'SIGKILL');
    await expect.poll(() => restarts.length, { timeout: 15_000 }).toBe(1);
    expect(node.pid).toBe(restarts[0]);
    expect(node.pid).not.toBe(first);
    expect([...watched]).toEqual([node.pid]);
    await node.stop();
    expect(identify(node.pid)).toBeUndefined();
    expect(restarts).toHaveLength(1);
  });

  it.for([
    ['refuses', 'PEER_PORT is missing'],
    ['ends', 'ended while it was starting'],
  ] as const)('that %s is a failed start, with its log and the end of it', async ([behaviour, why]) => {
    const starting = KeptNode.start(spec(behaviour), { guardian, onRestart: () => undefined });
    await expect(starting).rejects.toMatchObject({
      code: 'NODE_START_FAILED',
      message: expect.stringContaining(why) as string,
      details: { logFile: join(dir, 'c_d150.log'), tail: 'c_d150 writes to its log\n' },
    });
    expect(watched.size).toBe(0);
  });
});
