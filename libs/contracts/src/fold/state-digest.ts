import { createHash } from 'node:crypto';
import { parseSha256, type Sha256 } from '../ids.ts';
import type { PracticeState } from './practice-state.ts';

/** SHA-256 of the state's canonical JSON (RFC 8785): two nodes agree on a practice when these are equal. */
export function stateDigest(state: PracticeState): Sha256 {
  return parseSha256(createHash('sha256').update(canonical(state)).digest('hex'));
}

/** RFC 8785 for what a state holds: strings, integers, booleans, null, lists, objects. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  members.sort(([one], [other]) => (one < other ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(',')}}`;
}
