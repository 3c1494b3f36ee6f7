/** National holidays on a fixed day, `MM-DD` (L. 260/1949 and later). Patron saints differ by town: not here. */
const FIXED = ['01-01', '01-06', '04-25', '05-01', '06-02', '08-15', '11-01', '12-08', '12-25', '12-26'];
/** San Francesco, a national holiday again since 2026 (L. 151/2025). */
const SAN_FRANCESCO = { day: '10-04', since: 2026 };

/** True if `date` (`YYYY-MM-DD`) is an Italian national holiday, Easter Monday included; Sundays are not. */
export function isItalianHoliday(date: string): boolean {
  const year = Number(date.slice(0, 4));
  const day = date.slice(5);
  if (FIXED.includes(day) || easterMonday(year) === day) return true;
  return day === SAN_FRANCESCO.day && year >= SAN_FRANCESCO.since;
}

/** `MM-DD` of Easter Monday (Gregorian computus, Meeus/Jones/Butcher). */
function easterMonday(year: number): string {
  const a = year % 19;
  const century = Math.floor(year / 100);
  const rest = year % 100;
  const g = Math.floor((8 * century + 13) / 25);
  const h = (19 * a + century - Math.floor(century / 4) - g + 15) % 30;
  const l = (32 + 2 * (century % 4) + 2 * Math.floor(rest / 4) - h - (rest % 4)) % 7;
  const m = Math.floor((a + 11 * h + 22 * l) / 451);
  const marchDay = 22 + h + l - 7 * m;
  return new Date(Date.UTC(year, 2, marchDay + 1)).toISOString().slice(5, 10);
}
