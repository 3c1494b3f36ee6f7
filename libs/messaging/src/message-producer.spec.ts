import { describe, expect, it } from 'vitest';

import { MAX_PARTITION_BATCH_BYTES, planRequests } from './message-producer.ts';
import { recordBytes, type OutgoingRecord } from './record.ts';

const KIB = 1024;
const record = (topic: string, kib: number): OutgoingRecord => ({
  topic,
  key: null,
  value: Buffer.alloc(kib * KIB),
  headers: { ce_id: 'x' },
});

describe('planRequests', () => {
  it('puts many topics into one request', () => {
    const records = Array.from({ length: 8 }, (_, n) => record(`t${n}`, 500));
    expect(planRequests(records)).toEqual([records]);
  });

  it('never gives one topic more than a partition takes in one go, and keeps the order', () => {
    const records = Array.from({ length: 20 }, () => record('t', 200));
    const requests = planRequests(records);
    expect(requests.flat()).toEqual(records);
    for (const request of requests) {
      expect(request.reduce((sum, one) => sum + recordBytes(one), 0)).toBeLessThanOrEqual(
        MAX_PARTITION_BATCH_BYTES,
      );
    }
  });

  it('bounds a request over all its topics', () => {
    const records = Array.from({ length: 40 }, (_, n) => record(`t${n}`, 800));
    expect(planRequests(records).every((request) => request.length <= 10)).toBe(true);
  });

  it('refuses a record that no request can carry, and names its size', () => {
    expect(() => planRequests([record('t', 900)])).toThrow(
      expect.objectContaining({ code: 'RECORD_TOO_LARGE' }),
    );
  });

  it('counts headers as well as the value', () => {
    const large = { ...record('t', 600), headers: { hub_decision: Buffer.alloc(400 * KIB) } };
    expect(() => planRequests([large])).toThrow(expect.objectContaining({ code: 'RECORD_TOO_LARGE' }));
  });
});
