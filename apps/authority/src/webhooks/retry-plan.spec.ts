import { describe, expect, it } from 'vitest';
import { planRetry } from './retry-plan.ts';
import { readRetryAfter } from './webhook-client.ts';

const DAY = 24 * 3_600_000;
const BEGUN = new Date('2026-03-04T09:00:00Z');
const refused = { code: 'WEBHOOK_ANSWER_REFUSED', retryAfterMs: null } as const;

/** Seconds from the first failure to each further attempt, and what ends them. */
function allAttempts(random: () => number) {
  const attempts: number[] = [];
  let now = BEGUN;
  for (let failures = 0; ; failures += 1) {
    const plan = planRetry({ failingSince: failures === 0 ? null : BEGUN, failures }, refused, now, random);
    if (plan.kind === 'suspend') return { attempts, code: plan.code };
    now = plan.at;
    attempts.push((now.getTime() - BEGUN.getTime()) / 1000);
  }
}

describe('when a push is tried again', () => {
  it('comes back soon at first, then ever later, the last time after exactly 24 hours', () => {
    const { attempts, code } = allAttempts(() => 1);
    expect(attempts.slice(0, 4)).toEqual([5, 15, 35, 75]);
    expect(attempts.at(-1)).toBe(DAY / 1000);
    expect(Math.max(...attempts.map((at, index) => at - (attempts[index - 1] ?? 0)))).toBe(3600);
    expect(attempts.length).toBe(33);
    expect(code).toBe('WEBHOOK_UNDELIVERED');
    expect(allAttempts(() => 0).attempts.at(-1)).toBe(DAY / 1000);
  });

  it('never comes before the receiver asks for it, nor after the 24 hours', () => {
    const ask = (retryAfterMs: number) =>
      planRetry({ failingSince: BEGUN, failures: 1 }, { ...refused, retryAfterMs }, BEGUN);
    expect(ask(600_000)).toEqual({ kind: 'retry', at: new Date(BEGUN.getTime() + 600_000) });
    expect(ask(3 * DAY)).toEqual({ kind: 'retry', at: new Date(BEGUN.getTime() + DAY) });
  });

  it('suspends at once when the receiver is gone, and after one attempt more when the node itself was away', () => {
    const gone = { code: 'WEBHOOK_GONE', retryAfterMs: null } as const;
    expect(planRetry({ failingSince: null, failures: 0 }, gone, BEGUN)).toEqual({
      kind: 'suspend',
      code: 'WEBHOOK_GONE',
    });
    const aWeekLater = new Date(BEGUN.getTime() + 7 * DAY);
    expect(planRetry({ failingSince: BEGUN, failures: 3 }, refused, aWeekLater)).toEqual({
      kind: 'suspend',
      code: 'WEBHOOK_UNDELIVERED',
    });
  });

  it('reads Retry-After as seconds or as a date, a day at most, and ignores what is neither', () => {
    expect(readRetryAfter('120', BEGUN)).toBe(120_000);
    expect(readRetryAfter('Wed, 04 Mar 2026 09:10:00 GMT', BEGUN)).toBe(600_000);
    expect(readRetryAfter('Wed, 04 Mar 2026 08:00:00 GMT', BEGUN)).toBe(0);
    expect(readRetryAfter('99999999999', BEGUN)).toBe(DAY);
    for (const header of [undefined, 'soon', '', ['1', '2']])
      expect(readRetryAfter(header, BEGUN)).toBeNull();
  });
});
