import type { ErrorCode } from '#errors';
import { HubError } from '#errors';

/** What is done, in this order. */
export const AUDIT_STEPS = [
  'checkpoint',
  'witnesses',
  'consistency',
  'registry',
  'tree',
  'entries',
  'documents',
  'signatures',
  'order',
] as const;
export type AuditStep = (typeof AUDIT_STEPS)[number];

/** Something that is not as it has to be. */
export interface Finding {
  readonly step: AuditStep;
  readonly code: ErrorCode;
  /** Index of the leaf that it is about; null for what is not about one. */
  readonly index: number | null;
  /** What was wrong this time, in English, without personal data. */
  readonly message: string;
}

/** What an auditor should know, and is nothing wrong: */
export const NOTE_KINDS = [
  /** no witness's key was given, so that nobody else vouches for the log; */
  'no-witness-asked',
  /** the root of the registry was taken from the copy itself; */
  'root-from-copy',
  /** documents that the copy does not have, so that only their digests are proved; */
  'document-not-in-copy',
  /** events that no decision in the log is about: not placed yet, parked or refused; */
  'event-without-decision',
  /** decisions that speak of another copy of the event, with the same signature; */
  'decision-of-other-copy',
  /** of the newest leaves: an event or a position that the log may not have read yet; */
  'not-settled',
  /** anchors of a node's accesses whose times overlap those before: some accesses may be under two; */
  'accesses-overlap',
  /** signed with a key that was revoked afterwards, from a moment before; */
  'key-revoked-later',
  /** the copy has changed since the run that was interrupted, which is therefore begun anew. */
  'begun-anew',
] as const;
export type NoteKind = (typeof NOTE_KINDS)[number];

export interface Note {
  readonly kind: NoteKind;
  readonly count: number;
  /** Index of the first leaf that it is about. */
  readonly first: number | null;
}

/** Findings that are listed one by one: more are counted. */
export const MAX_LISTED = 1_000;

/** What was kept of findings, as JSON. */
export interface FoundSoFar {
  readonly listed: readonly Finding[];
  readonly byCode: Readonly<Record<string, number>>;
  readonly bySteps: Readonly<Record<string, number>>;
  readonly notes: readonly Note[];
}

/** Collects what is found: everything is counted, the first thousand are listed. */
export class Findings {
  readonly #listed: Finding[] = [];
  readonly #byCode = new Map<string, number>();
  readonly #byStep = new Map<string, number>();
  readonly #notes = new Map<NoteKind, Note>();

  static from(found: FoundSoFar): Findings {
    const findings = new Findings();
    findings.take(found);
    return findings;
  }

  get total(): number {
    return [...this.#byCode.values()].reduce((sum, count) => sum + count, 0);
  }

  /** How many a step has found. */
  of(step: AuditStep): number {
    return this.#byStep.get(step) ?? 0;
  }

  add(step: AuditStep, code: ErrorCode, index: number | null, message: string): void {
    this.#byCode.set(code, (this.#byCode.get(code) ?? 0) + 1);
    this.#byStep.set(step, this.of(step) + 1);
    if (this.#listed.length < MAX_LISTED) this.#listed.push({ step, code, index, message });
  }

  /** What a check has thrown. @throws what is no `HubError` */
  caught(step: AuditStep, error: unknown, index: number | null): void {
    if (!(error instanceof HubError)) throw error;
    this.add(step, error.code, index, error.message);
  }

  note(kind: NoteKind, index: number | null = null, count = 1): void {
    const before = this.#notes.get(kind);
    this.#notes.set(kind, { kind, count: (before?.count ?? 0) + count, first: before?.first ?? index });
  }

  /** Adds what others have found. */
  take({ listed, byCode, bySteps, notes }: FoundSoFar): void {
    this.#listed.push(...listed.slice(0, MAX_LISTED - this.#listed.length));
    for (const [code, count] of Object.entries(byCode))
      this.#byCode.set(code, (this.#byCode.get(code) ?? 0) + count);
    for (const [step, count] of Object.entries(bySteps))
      this.#byStep.set(step, (this.#byStep.get(step) ?? 0) + count);
    for (const { kind, first, count } of notes) this.note(kind, first, count);
  }

  soFar(): FoundSoFar {
    return {
      listed: [...this.#listed],
      byCode: Object.fromEntries(this.#byCode),
      bySteps: Object.fromEntries(this.#byStep),
      notes: [...this.#notes.values()],
    };
  }
}
