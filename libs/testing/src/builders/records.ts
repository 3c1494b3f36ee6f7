import { practiceKey, topics } from '#contracts';
import type { IncomingRecord } from '#messaging';
import type { SignedEvent } from './event.ts';

let offsets = 0n;

/** A signed event as the router reads it from its author's outbox, at an offset of its own. */
export function outboxRecord(signed: SignedEvent, other: Partial<IncomingRecord> = {}): IncomingRecord {
  const { event } = signed;
  return {
    topic: topics.outbox(event.author.ipa),
    partition: 0,
    offset: String((offsets += 1n)),
    key: practiceKey(event.practice),
    value: signed.bytes,
    headers: bufferHeaders(signed.headers),
    timestamp: signed.network.clock.now(),
    ...other,
  };
}

/** Headers as they are read: bytes. */
export function bufferHeaders(headers: Readonly<Record<string, string | Buffer>>): Record<string, Buffer> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      typeof value === 'string' ? Buffer.from(value) : value,
    ]),
  );
}
