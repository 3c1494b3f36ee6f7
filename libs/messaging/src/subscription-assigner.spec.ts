import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { assignPartitions, type Subscription } from './subscription-assigner.ts';

const TOPICS = ['a', 'b', 'c', 'd'];

const members = fc
  .uniqueArray(fc.string({ minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 5 })
  .chain((ids) =>
    fc.tuple(
      ...ids.map((memberId) => fc.subarray(TOPICS).map((topics): Subscription => ({ memberId, topics }))),
    ),
  );
const partitions = fc
  .tuple(...TOPICS.map(() => fc.integer({ min: 0, max: 6 })))
  .map(
    (counts) => new Map(TOPICS.map((topic, n) => [topic, Array.from({ length: counts[n]! }, (_, id) => id)])),
  );

describe('assignPartitions', () => {
  it('gives every partition that anyone wants to exactly one who wants it, and to nobody else', () => {
    fc.assert(
      fc.property(members, partitions, (group, ids) => {
        const shares = assignPartitions(group, ids);
        for (const [topic, expected] of ids) {
          const wanting = group
            .filter(({ topics }) => topics.includes(topic))
            .map(({ memberId }) => memberId);
          const given = [...shares].flatMap(([memberId, share]) =>
            (share[topic] ?? []).map((partition) => ({ memberId, partition })),
          );
          expect(given.map(({ partition }) => partition).sort()).toEqual(
            wanting.length === 0 ? [] : expected,
          );
          expect(given.every(({ memberId }) => wanting.includes(memberId))).toBe(true);
        }
      }),
    );
  });

  it('shares evenly among members who want the same', () => {
    const group = ['x', 'y', 'z'].map((memberId) => ({ memberId, topics: TOPICS }));
    const shares = assignPartitions(group, new Map(TOPICS.map((topic) => [topic, [0]])));
    const loads = [...shares.values()].map((share) => Object.values(share).flat().length);
    expect(loads.toSorted()).toEqual([1, 1, 2]);
  });

  it('does not depend on the order in which members joined', () => {
    fc.assert(
      fc.property(members, partitions, (group, ids) => {
        const forwards = Object.fromEntries(assignPartitions(group, ids));
        expect(Object.fromEntries(assignPartitions(group.toReversed(), ids))).toEqual(forwards);
      }),
    );
  });
});
