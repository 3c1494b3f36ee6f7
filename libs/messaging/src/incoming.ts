import type { IHeaders, KafkaMessage } from 'kafkajs';

import type { IncomingRecord } from './record.ts';

/** A record of kafkajs as one of ours; the value's bytes are not copied. A record without a value has an empty one. */
export function toIncoming(topic: string, partition: number, message: KafkaMessage): IncomingRecord {
  return {
    topic,
    partition,
    offset: message.offset,
    key: message.key?.toString('utf8') ?? null,
    value: message.value ?? EMPTY,
    headers: toHeaders(message.headers),
    timestamp: new Date(Number(message.timestamp)),
  };
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
