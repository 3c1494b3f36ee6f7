import type { ErrorCode } from '#errors';

/** Codes of what a replay finds. */
export type ReplayCode = Extract<ErrorCode, `REPLAY_${string}`>;

/** An event of a practice, by what names it. */
export interface EventName {
  readonly author: string;
  readonly id: string;
}

/** A field that a node holds otherwise than the log says. */
export interface FieldDifference {
  /** `state`, `terms[2].due`, … */
  readonly field: string;
  /** What follows from the log; undefined where the state has no such field. */
  readonly expected: unknown;
  readonly held: unknown;
  /**
   * The event since which they differ: the first one after the last position at which the node's value was right; if it
   * never was, the one that gave the field its value.
   */
  readonly since: (EventName & { readonly position: number; readonly type: string }) | null;
}

/** What does not add up, where, and how one sees it. */
export interface ReplayFinding {
  readonly code: ReplayCode;
  /** `<owner>/<uuid>`; null for what is about none. */
  readonly practice: string | null;
  readonly cui: string | null;
  readonly position: number | null;
  readonly event: EventName | null;
  /** Place in the log of the entry that it shows at. */
  readonly leaf: number | null;
  /** The node that holds it so; null for what the log alone shows. */
  readonly node: string | null;
  /** What was seen this time, without personal data. */
  readonly detail: string;
  readonly fields: readonly FieldDifference[];
  /** The node's signed digest (signed-item-1.xsd), base64: evidence that verifies alone. */
  readonly signed: string | null;
}

/** A finding with what there is to say. */
export function finding(
  code: ReplayCode,
  detail: string,
  more: Partial<Omit<ReplayFinding, 'code' | 'detail'>> = {},
): ReplayFinding {
  return {
    code,
    practice: null,
    cui: null,
    position: null,
    event: null,
    leaf: null,
    node: null,
    detail,
    fields: [],
    signed: null,
    ...more,
  };
}
