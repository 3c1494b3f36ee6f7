import { createHash } from 'node:crypto';
import type { Clock, IdSource } from '#platform';

/** A clock that stands until it is moved. */
export class TestClock implements Clock {
  #now: Date;

  constructor(now: Date) {
    this.#now = now;
  }

  now(): Date {
    return new Date(this.#now);
  }

  advance(milliseconds: number): void {
    this.#now = new Date(this.#now.getTime() + milliseconds);
  }
}

/** Ids that count up from 1, and bytes that follow from the count: the same in every run. */
export function countedIds(): IdSource {
  let count = 0;
  const next = (): string => (count += 1).toString(16).padStart(12, '0');
  return {
    uuidv7: () => `01990000-0000-7000-8000-${next()}`,
    uuid: () => `01990000-0000-4000-8000-${next()}`,
    bytes: (n) => {
      const block = createHash('sha256').update(next()).digest();
      return Buffer.alloc(n, block);
    },
  };
}
