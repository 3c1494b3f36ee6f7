import { describe, expect, it } from 'vitest';
import { addTerm, romeDate } from './add-term.ts';
import { isItalianHoliday } from './italian-holidays.ts';

describe('addTerm', () => {
  it('counts calendar days from the day after', () => {
    expect(addTerm('2026-01-31', { days: 30, kind: 'calendar' })).toBe('2026-03-02');
    expect(addTerm('2024-02-28', { days: 1, kind: 'calendar' })).toBe('2024-02-29');
    expect(addTerm('2026-01-31', { days: 0, kind: 'calendar' })).toBe('2026-01-31');
  });

  it('counts working days without Saturdays, Sundays and national holidays, Easter Monday among them', () => {
    expect(addTerm('2026-04-03', { days: 1, kind: 'working' })).toBe('2026-04-07');
    expect(addTerm('2025-12-23', { days: 2, kind: 'working' })).toBe('2025-12-29');
    expect(addTerm('2026-04-03', { days: 1, kind: 'working' }, () => false)).toBe('2026-04-06');
  });
});

describe('isItalianHoliday', () => {
  it.each(['2024-04-01', '2025-04-21', '2026-04-06', '2027-03-29', '2038-04-26'])(
    'knows Easter Monday %s',
    (day) => {
      expect(isItalianHoliday(day)).toBe(true);
    },
  );

  it('knows San Francesco since 2026', () => {
    expect(isItalianHoliday('2025-10-04')).toBe(false);
    expect(isItalianHoliday('2026-10-04')).toBe(true);
  });
});

describe('romeDate', () => {
  it('agrees with the time-zone tables on every hour around the changes and the ends of years', () => {
    const rome = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/Rome' });
    for (let year = 2024; year <= 2032; year += 1) {
      for (let hour = 0; hour < 366 * 24; hour += 1) {
        const time = new Date(Date.UTC(year, 0, 1, hour, 30));
        const expected = rome.format(time);
        if (romeDate(time.toISOString()) !== expected) expect.fail(`${time.toISOString()} is ${expected}`);
      }
    }
  });
});
