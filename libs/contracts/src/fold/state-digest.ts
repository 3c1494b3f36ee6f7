import { createHash } from 'node:crypto';
import { parseSha256, type Sha256 } from '../ids.ts';
import type { PracticeState } from './practice-state.ts';

/**
 * Name of the form in which a practice's state is compared: the canonical JSON (RFC 8785) of a `PracticeState`. All of it
 * follows from the signed events, the decisions and the registry; nothing of it is a node's own. It never changes: a
 * state with another member has another name.
 */
export const PRACTICE_STATE_FORMAT = 'reset-hub/practice-state@v1';

/** The state as it is compared, UTF-8. */
export function canonicalState(state: PracticeState): Buffer {
  return Buffer.from(canonical(state), 'utf8');
}

/** SHA-256 of the state's canonical JSON (RFC 8785): two nodes agree on a practice when these are equal. */
export function stateDigest(state: PracticeState): Sha256 {
  return parseSha256(createHash('sha256').update(canonicalState(state)).digest('hex'));
}

/** The SHA-256 of an event's signed bytes, and of the decision that placed it (the `SignedItem`). */
export interface PlacedDigests {
  readonly event: Sha256;
  readonly decision: Sha256;
}

/** SHA-256 over what placed a practice's events: of each position, from 1 in order, both digests, 32 bytes each. */
export function eventsDigest(placed: Iterable<PlacedDigests>): Sha256 {
  const hash = createHash('sha256');
  for (const { event, decision } of placed) hash.update(event, 'hex').update(decision, 'hex');
  return parseSha256(hash.digest('hex'));
}

/** RFC 8785 for what a state holds: strings, integers, booleans, null, lists, objects. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  members.sort(([one], [other]) => (one < other ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(',')}}`;
}
