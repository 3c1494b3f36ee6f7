import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../clock.ts';
import { crashPoint, diskStep, followFaultOrders, isCrashOrdered } from './fault-orders.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'orders-'));
});
afterEach(async () => {
  followFaultOrders(null);
  await rm(folder, { recursive: true });
});

async function order(name: string, text = ''): Promise<void> {
  await writeFile(join(folder, name), text);
}

describe('a process without FAULT_ORDERS', () => {
  it('follows no order', async () => {
    await order('crash', 'before-commit 1');
    await order('clock', '600000');
    await order('disk-full');
    crashPoint('before-commit');
    diskStep();
    expect(isCrashOrdered('before-commit')).toBe(false);
    expect(Math.abs(systemClock.now().getTime() - Date.now())).toBeLessThan(60_000);
  });
});

describe('a process with FAULT_ORDERS', () => {
  beforeEach(() => {
    followFaultOrders(folder);
  });

  it('has the clock that was ordered, until the order is taken back', async () => {
    await order('clock', '-600000');
    expect(Math.abs(systemClock.now().getTime() + 600_000 - Date.now())).toBeLessThan(60_000);
    await rm(join(folder, 'clock'));
    expect(Math.abs(systemClock.now().getTime() - Date.now())).toBeLessThan(60_000);
  });

  it('finds the disk full while that is ordered', async () => {
    diskStep();
    await order('disk-full');
    expect(diskStep).toThrow(expect.objectContaining({ code: 'ENOSPC' }) as Error);
    await rm(join(folder, 'disk-full'));
    diskStep();
  });

  it('dies at the ordered passage of the ordered point, and its successor does not', async () => {
    await order('crash', 'after-send 3');
    expect(isCrashOrdered('after-send', 'before-send')).toBe(true);
    expect(await passing('before-send,after-send,after-send,before-send,after-send,after-send')).toEqual({
      signal: 'SIGKILL',
      passed: ['before-send', 'after-send', 'after-send', 'before-send'],
    });
    expect(existsSync(join(folder, 'crashed'))).toBe(true);
    expect(await passing('after-send,after-send,after-send')).toMatchObject({ signal: null });
  });
});

/** A process that passes these points one after the other. */
async function passing(
  points: string,
): Promise<{ readonly signal: string | null; readonly passed: string[] }> {
  const code = `
    const { writeSync } = await import('node:fs');
    const { crashPoint, followFaultOrders } = await import(process.argv[1]);
    followFaultOrders(process.argv[2]);
    for (const point of process.argv[3].split(',')) {
      crashPoint(point);
      writeSync(1, point + '\\n');
    }`;
  const module = join(import.meta.dirname, 'fault-orders.ts');
  const child = spawn(process.execPath, ['--input-type=module', '-e', code, module, folder, points], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let printed = '';
  child.stdout.on('data', (bytes: Buffer) => (printed += bytes.toString()));
  const [, signal] = (await once(child, 'close')) as [number | null, string | null];
  return { signal, passed: printed.trim().split('\n') };
}
