import { createHash } from 'node:crypto';
import type { ErrorCode } from '#errors';

/** Alarms that are kept. Of the others it is counted how many there were. */
const MOST_KEPT = 1_000;

/** Something that somebody has to look at. It stays until somebody says that he has. */
export interface Alarm {
  /** By which it is acknowledged: it follows from code and subject. */
  readonly id: string;
  readonly code: ErrorCode;
  /** What it is about: the same subject again is the same alarm. */
  readonly subject: string;
  /** What was wrong when it was found first, in English, without personal data. */
  readonly message: string;
  /** ISO 8601. */
  readonly firstAt: string;
  lastAt: string;
  times: number;
  /** When what it is about was over; null while it lasts, and for what can never be over. */
  overAt: string | null;
  acknowledgedAt: string | null;
  /** Whoever is to be told was told. */
  toldAt: string | null;
  /** File name in the folder of evidence, if it has any. */
  readonly evidence: string | null;
}

/** What is found. */
export interface Raised {
  readonly code: ErrorCode;
  readonly subject: string;
  readonly message: string;
  readonly evidence?: string | null;
}

/** The alarms of a monitor, as they are kept. */
export class Alarms {
  readonly #alarms: Alarm[];
  #dropped: number;

  constructor(kept: readonly Alarm[] = [], dropped = 0) {
    this.#alarms = kept.map((alarm) => ({ ...alarm }));
    this.#dropped = dropped;
  }

  /** All that are kept, the first raised first. */
  get all(): readonly Readonly<Alarm>[] {
    return this.#alarms;
  }

  /** Those that nobody has acknowledged. */
  get open(): readonly Readonly<Alarm>[] {
    return this.#alarms.filter(({ acknowledgedAt }) => acknowledgedAt === null);
  }

  /** How many were raised while there was no room for them. */
  get dropped(): number {
    return this.#dropped;
  }

  /** True if there is no room for another one: nothing more is kept for it either, whatever a log shows. */
  get isFull(): boolean {
    return this.#alarms.length >= MOST_KEPT && this.open.length === this.#alarms.length;
  }

  has(code: ErrorCode, subject: string): boolean {
    const id = alarmId(code, subject);
    return this.#alarms.some((alarm) => alarm.id === id);
  }

  /** Raises an alarm, or notes that what it is about was seen again. */
  raise({ code, subject, message, evidence = null }: Raised, now: Date): void {
    const id = alarmId(code, subject);
    const at = now.toISOString();
    const known = this.#alarms.find((alarm) => alarm.id === id);
    if (known !== undefined) {
      known.lastAt = at;
      known.times += 1;
      known.overAt = null;
      return;
    }
    if (!this.#makeRoom()) {
      this.#dropped += 1;
      return;
    }
    const states = { overAt: null, acknowledgedAt: null, toldAt: null };
    this.#alarms.push({ id, code, subject, message, firstAt: at, lastAt: at, times: 1, ...states, evidence });
  }

  /** What a code was raised for, or for one subject, has come to an end. The alarm stays until it is acknowledged. */
  over(code: ErrorCode, now: Date, subject?: string): void {
    for (const alarm of this.#alarms) {
      const isMeant = alarm.code === code && (subject === undefined || alarm.subject === subject);
      if (isMeant && alarm.overAt === null) alarm.overAt = now.toISOString();
    }
  }

  /** @param id of one alarm, or `all`. @returns those that are acknowledged now */
  acknowledge(id: string, now: Date): readonly Readonly<Alarm>[] {
    const found = this.#alarms.filter(
      (alarm) => alarm.acknowledgedAt === null && (id === 'all' || alarm.id === id),
    );
    for (const alarm of found) alarm.acknowledgedAt = now.toISOString();
    if (id === 'all') this.#dropped = 0;
    return found;
  }

  told(id: string, now: Date): void {
    const alarm = this.#alarms.find((one) => one.id === id);
    if (alarm !== undefined) alarm.toldAt = now.toISOString();
  }

  /** Of what was acknowledged the oldest goes; of what was not nothing does. */
  #makeRoom(): boolean {
    if (this.#alarms.length < MOST_KEPT) return true;
    const oldest = this.#alarms.findIndex(({ acknowledgedAt }) => acknowledgedAt !== null);
    if (oldest < 0) return false;
    this.#alarms.splice(oldest, 1);
    return true;
  }
}

function alarmId(code: string, subject: string): string {
  return createHash('sha256').update(`${code}\n${subject}`).digest('hex').slice(0, 12);
}
