import type { IHeaders, KafkaMessage } from 'kafkajs';

import { REFUSED } from '#kafka-client';

import type { IncomingRecord } from './record.ts';

/** Of what was refused, so much is kept for a quarantine, and what is larger not at all. */
const MAX_REFUSED_BYTES = 512 * 1024;

/** A record of kafkajs as one of ours; the value's bytes are not copied. A record without a value has an empty one. */
export function toIncoming(topic: string, partition: number, message: KafkaMessage): IncomingRecord {
  const record = {
    topic,
    partition,
    offset: message.offset,
    key: message.key?.toString('utf8') ?? null,
    value: message.value ?? EMPTY,
    headers: toHeaders(message.headers),
    timestamp: new Date(Number(message.timestamp)),
  };
  if (!(REFUSED in message)) return record;
  const value = record.value.length > MAX_REFUSED_BYTES ? EMPTY : record.value;
  return { ...record, value, refused: 'RECORD_COMPRESSED' };
}

const EMPTY = Buffer.alloc(0);

function toHeaders(headers: IHeaders | undefined): Record<string, Buffer> {
  const result: Record<string, Buffer> = {};
  for (const [name, given] of Object.entries(headers ?? {})) {
    const value = Array.isArray(given) ? given.at(-1) : given;
    if (value !== undefined) result[name] = typeof value === 'string' ? Buffer.from(value, 'utf8') : value;
  }
  return result;
}
