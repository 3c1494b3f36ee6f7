/** The calendar of an Italian protocol register: it changes day and year at midnight in Italy. */
const FIELDS = {
  timeZone: 'Europe/Rome',
  hourCycle: 'h23',
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
} as const;
// sv-SE writes ISO 8601: `2026-01-15 10:00:00`.
const format = new Intl.DateTimeFormat('sv-SE', FIELDS);

export interface RomeTime {
  /** `YYYY-MM-DD` */
  readonly date: string;
  /** `HH:MM:SS` */
  readonly time: string;
  readonly year: number;
}

/** A moment by the clocks of Italy. */
export function romeTime(at: Date): RomeTime {
  const [date = '', time = ''] = format.format(at).split(' ');
  return { date, time, year: Number(date.slice(0, 4)) };
}

/** Digits of a registration number, filled with zeros (NumeroRegistrazione has seven or more). */
const NUMBER_DIGITS = 7;

export function registrationNumber(number: number): string {
  return String(number).padStart(NUMBER_DIGITS, '0');
}
