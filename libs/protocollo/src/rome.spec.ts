import { describe, expect, it } from 'vitest';
import { registrationNumber, romeTime } from './rome.ts';

describe('the calendar of the register', () => {
  it.each([
    ['2026-12-31T22:59:59.999Z', '2026-12-31', '23:59:59', 2026],
    ['2026-12-31T23:00:00.000Z', '2027-01-01', '00:00:00', 2027],
    ['2026-07-01T22:30:00.000Z', '2026-07-02', '00:30:00', 2026],
  ])('%s is %s %s in Italy', (at, date, time, year) => {
    expect(romeTime(new Date(at))).toEqual({ date, time, year });
  });

  it('fills numbers to seven digits and lets them grow', () => {
    expect([1, 9_999_999, 10_000_000].map(registrationNumber)).toEqual(['0000001', '9999999', '10000000']);
  });
});
