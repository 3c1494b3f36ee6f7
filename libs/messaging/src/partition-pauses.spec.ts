import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { PartitionPauses, type Pausable } from './partition-pauses.ts';

/** Keeps the state as kafkajs does: pausing single partitions ends the pause of the topic. */
class Consumer implements Pausable {
  all = false;
  readonly paused = new Set<number>();

  pause(topics: { partitions?: number[] }[]): void {
    for (const { partitions } of topics) {
      this.all = partitions === undefined;
      for (const partition of partitions ?? []) this.paused.add(partition);
    }
  }

  resume(topics: { partitions?: number[] }[]): void {
    for (const { partitions } of topics) {
      if (partitions === undefined) {
        this.all = false;
        this.paused.clear();
      }
      for (const partition of partitions ?? []) this.paused.delete(partition);
    }
  }
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('PartitionPauses', () => {
  it('resumes a partition after its time and no other', () => {
    const consumer = new Consumer();
    const pauses = new PartitionPauses(consumer, ['t']);
    pauses.backOff('t', 0, 100);
    pauses.backOff('t', 1, 300);
    vi.advanceTimersByTime(200);
    expect([...consumer.paused]).toEqual([1]);
    vi.advanceTimersByTime(200);
    expect([...consumer.paused]).toEqual([]);
  });

  it('keeps the whole stream paused while partitions begin and end their back-off', () => {
    const consumer = new Consumer();
    const pauses = new PartitionPauses(consumer, ['t']);
    pauses.backOff('t', 0, 100);
    pauses.pauseAll();
    pauses.backOff('t', 1, 1_000);
    vi.advanceTimersByTime(500);
    expect(consumer.all).toBe(true);
    pauses.resumeAll();
    expect(consumer.all).toBe(false);
    expect([...consumer.paused]).toEqual([1]);
  });

  it('lets no timer act after it is cleared', () => {
    const consumer = new Consumer();
    const pauses = new PartitionPauses(consumer, ['t']);
    pauses.backOff('t', 0, 100);
    pauses.clear();
    expect(vi.getTimerCount()).toBe(0);
  });
});
