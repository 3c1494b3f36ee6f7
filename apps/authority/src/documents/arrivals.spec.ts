import { describe, expect, it } from 'vitest';
import { parseDocumentId, parseIpaCode, parsePracticeId, parseSha256 } from '#contracts';
import { HubError } from '#errors';
import { Arrivals } from './arrivals.ts';
import { FewAtOnce } from '#platform';
import type { Arrival, NamingEvent } from './mark-complete.ts';

const OWNER = parseIpaCode('c_d150');
const one: NamingEvent = { author: OWNER, eventId: 'one' };
const other: NamingEvent = { author: OWNER, eventId: 'other' };

function arrival(number: number): Arrival {
  const document = parseDocumentId(`0197f3a2-0000-7000-8000-${String(number).padStart(12, '0')}`);
  const digest = parseSha256('a'.repeat(64));
  return {
    key: { owner: OWNER, practice: parsePracticeId('0197f3a2-0000-7000-8000-00000000000a'), document },
    role: 'attachment',
    stored: { size: 1, sha256: digest, saltedDigest: digest, salt: Buffer.alloc(32), name: null },
  };
}

/** A transaction that lasts until it is told to end, and what was marked in each. */
function transactions(fails: (arrivals: readonly Arrival[]) => boolean = () => false) {
  const marked: { readonly event: string; readonly count: number }[] = [];
  const first = Promise.withResolvers<undefined>();
  const arrivals = new Arrivals(async ({ eventId }, together) => {
    marked.push({ event: eventId, count: together.length });
    await first.promise;
    if (fails(together)) throw new HubError('DATABASE_UNAVAILABLE', 'away');
  });
  return { arrivals, marked, end: first.resolve };
}

describe('documents that arrive', () => {
  it('while a transaction commits share the next one, event by event', async () => {
    const { arrivals, marked, end } = transactions();
    const all = [0, 1, 2, 3].map((n) => arrivals.mark(n === 2 ? other : one, arrival(n)));
    end(undefined);
    await Promise.all(all);
    expect(marked).toEqual([
      { event: 'one', count: 1 },
      { event: 'one', count: 2 },
      { event: 'other', count: 1 },
    ]);
  });

  it('in thousands are marked some hundreds at a time', async () => {
    const { arrivals, marked, end } = transactions();
    const all = Array.from({ length: 600 }, (_, n) => arrivals.mark(one, arrival(n)));
    end(undefined);
    await Promise.all(all);
    expect(marked.map(({ count }) => count)).toEqual([1, 256, 256, 87]);
  });

  it('are tried one by one when they cannot be marked together: only the one at fault fails', async () => {
    const bad = arrival(2);
    const { arrivals, marked, end } = transactions((together) => together.includes(bad));
    const all = [arrival(0), arrival(1), bad, arrival(3)].map((each) => arrivals.mark(one, each));
    end(undefined);
    const results = await Promise.allSettled(all);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
    expect(marked.map(({ count }) => count)).toEqual([1, 3, 1, 1, 1]);
    await arrivals.mark(one, arrival(4));
  });
});

describe('few at once', () => {
  it('never runs more than it may, in order, also after a failure', async () => {
    const few = new FewAtOnce(2);
    let [now, most] = [0, 0];
    const begun: number[] = [];
    const work = (n: number) =>
      few.run(async () => {
        begun.push(n);
        most = Math.max(most, ++now);
        await new Promise((resolve) => setImmediate(resolve));
        now -= 1;
        if (n === 1) throw new Error('one fails');
      });
    const results = await Promise.allSettled([0, 1, 2, 3, 4].map(work));
    expect(results.filter(({ status }) => status === 'rejected')).toHaveLength(1);
    expect([most, begun]).toEqual([2, [0, 1, 2, 3, 4]]);
  });
});
