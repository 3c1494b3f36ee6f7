import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { paced } from './paced.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe('what is done at a pace', () => {
  it('is done at once after a silence, and once for all that is asked for within the pause', () => {
    let done = 0;
    const { call } = paced(() => (done += 1), 200);
    call();
    expect(done).toBe(1);
    call();
    call();
    vi.advanceTimersByTime(199);
    expect(done).toBe(1);
    vi.advanceTimersByTime(1);
    expect(done).toBe(2);
    call();
    expect(done).toBe(2);
    vi.advanceTimersByTime(200);
    expect(done).toBe(3);
    vi.advanceTimersByTime(1_000);
    expect(done).toBe(3);
    call();
    expect(done).toBe(4);
  });

  it('is not done any more once it is stopped', () => {
    let done = 0;
    const { call, stop } = paced(() => (done += 1), 200);
    call();
    call();
    stop();
    vi.advanceTimersByTime(1_000);
    expect(done).toBe(1);
  });
});
