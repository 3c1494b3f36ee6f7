import type { Term } from '../event.ts';
import { isItalianHoliday } from './italian-holidays.ts';

const DAY_MS = 86_400_000;

/**
 * The last day of a term: `YYYY-MM-DD`, `term.days` after `from` (`YYYY-MM-DD`), which itself does not count.
 * Calendar days run through; working days are Monday to Friday without `isHoliday`. A calendar term that ends on
 * a holiday is not moved: what follows from that is the office's to say.
 */
export function addTerm(
  from: string,
  term: Term,
  isHoliday: (date: string) => boolean = isItalianHoliday,
): string {
  const start = Date.parse(`${from}T00:00:00Z`);
  if (term.kind === 'calendar') return dayOf(start + term.days * DAY_MS);
  let day = start;
  for (let left = term.days; left > 0;) {
    day += DAY_MS;
    if (isWorkingDay(day, isHoliday)) left -= 1;
  }
  return dayOf(day);
}

function isWorkingDay(at: number, isHoliday: (date: string) => boolean): boolean {
  const weekday = new Date(at).getUTCDay();
  return weekday !== 0 && weekday !== 6 && !isHoliday(dayOf(at));
}

/**
 * The day it is in Italy at a UTC time (`YYYY-MM-DDTHH:MM:SS.mmmZ`): terms run in the office's days. Computed from
 * the rule (summer time from the last Sunday of March to that of October, 01:00 UTC, Directive 2000/84/EC), not
 * from the machine's time-zone tables, so that every node gets the same day.
 */
export function romeDate(time: string): string {
  const at = Date.parse(time);
  const year = new Date(at).getUTCFullYear();
  const summer = at >= lastSunday(year, 2) && at < lastSunday(year, 9);
  return dayOf(at + (summer ? 2 : 1) * 3_600_000);
}

/** 01:00 UTC of the last Sunday of a month of 31 days (`month` from 0). */
function lastSunday(year: number, month: number): number {
  const last = new Date(Date.UTC(year, month, 31, 1));
  return last.getTime() - last.getUTCDay() * DAY_MS;
}

function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}
