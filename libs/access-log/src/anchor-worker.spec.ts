import { describe, expect, it, vi } from 'vitest';
import { AnchorWorker } from './anchor-worker.ts';

const silent = { warn: () => undefined };

describe('the worker that anchors accesses', () => {
  it('looks at its start, and again when the minute is over, also after it has failed', async () => {
    const minute = 60_000;
    const clock = { now: () => new Date(7 * minute - 5) };
    const run = vi.fn(() => Promise.reject(new Error('the key is away')));
    const worker = new AnchorWorker({ run }, clock, silent);
    expect(run).not.toHaveBeenCalled();
    worker.start();
    await vi.waitFor(() => {
      expect(run.mock.calls.length).toBeGreaterThan(2);
    });
    await worker.onModuleDestroy();
    const calls = run.mock.calls.length;
    worker.start();
    await worker.onModuleDestroy();
    expect(run).toHaveBeenCalledTimes(calls);
  });
});
