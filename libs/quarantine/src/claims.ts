/** What a parked record says of itself. Nothing of it is trusted, and nothing is decided by it. */
import {
  outboxOwner,
  parseEvent,
  parseEventId,
  parseIpaCode,
  parsePracticeId,
  type EventId,
  type IpaCode,
  type PracticeId,
} from '#contracts';
import { HubError } from '#errors';
import type { QuarantineEntry } from './quarantine-store.ts';

export interface Claims {
  readonly eventId: EventId | null;
  readonly author: IpaCode | null;
  readonly practice: { readonly owner: IpaCode; readonly uuid: PracticeId } | null;
}

const AUTHORITY_SOURCE = 'urn:reset-hub:authority:';

/** By the record's headers, and by whose outbox it stood in. */
export function claimsOf({ headers, origin }: Pick<QuarantineEntry, 'headers' | 'origin'>): Claims {
  const source = headerText(headers, 'ce_source') ?? '';
  const named = source.startsWith(AUTHORITY_SOURCE) ? source.slice(AUTHORITY_SOURCE.length) : '';
  const [owner = '', uuid = ''] = (headerText(headers, 'ce_subject') ?? '').split('/');
  return {
    eventId: unlessMalformed(() => parseEventId(headerText(headers, 'ce_id') ?? '')),
    author: unlessMalformed(() => parseIpaCode(outboxOwner(origin.topic) ?? named)),
    practice: unlessMalformed(() => ({ owner: parseIpaCode(owner), uuid: parsePracticeId(uuid) })),
  };
}

/** The event's own words, where the bytes can be read as one; its signature is not looked at. */
export function readableEvent(bytes: Buffer): Readonly<Record<string, unknown>> | null {
  return unlessMalformed(() => {
    const { id, author, type, practice, sequence, time, replaces } = parseEvent(bytes);
    return { id, author: author.ipa, type, practice, number: sequence.number, time, replaces };
  });
}

/** Every header as text, where it is text: what is not, or is too long to read, is left out. */
export function readableHeaders(headers: QuarantineEntry['headers']): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name]) => {
      const text = headerText(headers, name);
      return text === null ? [] : [[name, text]];
    }),
  );
}

const MAX_HEADER_LENGTH = 1_000;
const PRINTABLE = /^[\p{L}\p{N}\p{P}\p{S} ]*$/u;

function headerText(headers: QuarantineEntry['headers'], name: string): string | null {
  const value = Object.hasOwn(headers, name) ? headers[name] : undefined;
  if (value === undefined) return null;
  const text = Buffer.from(value, 'base64').toString('utf8');
  return text.length <= MAX_HEADER_LENGTH && PRINTABLE.test(text) ? text : null;
}

function unlessMalformed<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof HubError) return null;
    throw error;
  }
}
