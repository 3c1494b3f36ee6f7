import type { ActionDraft } from '#actions';
import { sha256Hex } from '#evidence';
import { claimsOf } from './claims.ts';
import type { QuarantineEntry } from './quarantine-store.ts';

/** How this node's actions name an entry. */
export function subjectOf(id: string): string {
  return `quarantine/${id}`;
}

/** What an action says of the entry that it was done to. */
export function aboutEntry(
  entry: QuarantineEntry,
): Pick<ActionDraft, 'subject' | 'record' | 'event' | 'practice'> {
  const { eventId, author, practice } = claimsOf(entry);
  return {
    subject: subjectOf(entry.id),
    record: { ...entry.origin, digest: sha256Hex(entry.bytes), code: entry.code },
    event: eventId === null || author === null ? null : { author, id: eventId },
    practice,
  };
}
