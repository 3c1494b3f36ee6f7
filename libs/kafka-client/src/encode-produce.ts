/**
 * The body of a Produce request (version 7: message format 2), as kafkajs writes it, in one buffer of the right size.
 * kafkajs copies each record eight times on its way into the request, each time into a new buffer of the next power of
 * two that is filled with zeros first, and does all of it again for each topic that the record goes to.
 */
import { crc32c } from './crc32c.ts';

/** A message as given to `sendBatch`; one object, or one with the same parts, may stand under several topics. */
export interface Message {
  readonly key?: Buffer | string | null | undefined;
  readonly value: Buffer | string | null;
  readonly headers?: Readonly<Record<string, HeaderValue | readonly HeaderValue[]>> | undefined;
  /** The caller's own: kafkajs' encoder writes those. */
  readonly timestamp?: unknown;
}

type HeaderValue = Buffer | string;

export interface ProduceRequest {
  readonly acks: number;
  readonly timeout: number;
  readonly transactionalId?: string | null | undefined;
  /** 64-bit number as text, or what gives it as text. */
  readonly producerId?: { toString(): string } | undefined;
  readonly producerEpoch?: number;
  readonly compression?: number | undefined;
  readonly topicData: readonly {
    readonly topic: string;
    readonly partitions: readonly {
      readonly partition: number;
      readonly firstSequence?: number;
      readonly messages: readonly Message[];
    }[];
  }[];
}

const MAGIC = 2;
/** From the CRC's first byte on, before the records: attributes … base sequence, count of records. */
const BATCH_HEAD = 2 + 4 + 8 + 8 + 8 + 2 + 4 + 4;
/** Before what the CRC covers: base offset, length, leader's epoch, magic, CRC. */
const BATCH_PREFIX = 8 + 4 + 4 + 1 + 4;
/** What `length` counts of the prefix. */
const COUNTED_PREFIX = 4 + 1 + 4;

type Header = readonly [name: string, value: HeaderValue];

/** What of a record is the same in each topic: key, value and headers, with their lengths. */
interface Tail extends Pick<Message, 'key' | 'value'> {
  readonly headers: readonly Header[];
  readonly size: number;
  /** Where in the request it stands already, to be copied from there; -1: nowhere yet. */
  at: number;
}

/** False for what only kafkajs' own encoder is to write: transactions, compression, time stamps of the caller's. */
export function isPlain({ transactionalId, compression, topicData }: ProduceRequest): boolean {
  return (
    (transactionalId ?? null) === null &&
    (compression ?? 0) === 0 &&
    topicData.every(({ partitions }) =>
      partitions.every(({ messages }) =>
        messages.every(({ timestamp }) => timestamp === undefined || timestamp === null),
      ),
    )
  );
}

interface Encoding {
  /** Bytes left free before the body. */
  readonly room: number;
  /** Time stamp of the records, milliseconds. */
  readonly now: number;
  /** Gives at least so many bytes to write into. */
  readonly take: (size: number) => Buffer;
}

/** Writes the body of a plain request; answers the free room and the body, as a part of what `take` gave. */
export function encodeProduce(request: ProduceRequest, { room, now, take }: Encoding): Buffer {
  const topics = plan(request);
  const size = room + sizeOf(topics);
  const to = new Writer(take(size).subarray(0, size), room);
  to.int16(-1);
  to.int16(request.acks);
  to.int32(request.timeout);
  to.int32(topics.length);
  for (const { topic, partitions } of topics) {
    to.int16(Buffer.byteLength(topic));
    to.text(topic);
    to.int32(partitions.length);
    for (const batch of partitions) writeBatch(to, batch, request, now);
  }
  return to.bytes;
}

interface Batch {
  readonly partition: number;
  readonly firstSequence: number;
  readonly tails: readonly Tail[];
  /** Of all its records, bytes. */
  readonly size: number;
}

interface TopicBatches {
  readonly topic: string;
  readonly partitions: readonly Batch[];
}

function plan({ topicData }: ProduceRequest): TopicBatches[] {
  const known = new Map<unknown, Tail>();
  return topicData.map(({ topic, partitions }) => ({
    topic,
    partitions: partitions.map(({ partition, messages, firstSequence = 0 }) => {
      const tails = messages.map((message) => tailOf(message, known));
      const size = tails.reduce((sum, tail, index) => sum + sizeOfRecord(tail, index), 0);
      return { partition, firstSequence, tails, size };
    }),
  }));
}

/** Of a message with the very value, key and headers of an earlier one, that one's. */
function tailOf(message: Message, known: Map<unknown, Tail>): Tail {
  const before = known.get(message.headers ?? message);
  if (before?.value === message.value && before.key === message.key) return before;
  const headers = Object.entries(message.headers ?? {}).flatMap(([name, value]) =>
    isList(value) ? value.map((one): Header => [name, one]) : [[name, value] as Header],
  );
  const { key, value } = message;
  let size = sizeOfBytes(key) + sizeOfBytes(value) + sizeOfVarint(headers.length);
  for (const [name, header] of headers) size += sizeOfBytes(name) + sizeOfBytes(header);
  const tail = { key, value, headers, size, at: -1 };
  known.set(message.headers ?? message, tail);
  return tail;
}

function isList(value: HeaderValue | readonly HeaderValue[]): value is readonly HeaderValue[] {
  return Array.isArray(value);
}

function sizeOf(topics: readonly TopicBatches[]): number {
  let size = 2 + 2 + 4 + 4;
  for (const { topic, partitions } of topics) {
    size += 2 + Buffer.byteLength(topic) + 4;
    for (const batch of partitions) size += 4 + 4 + BATCH_PREFIX + BATCH_HEAD + batch.size;
  }
  return size;
}

function writeBatch(to: Writer, batch: Batch, request: ProduceRequest, now: number): void {
  const { partition, firstSequence, tails, size } = batch;
  to.int32(partition);
  to.int32(BATCH_PREFIX + BATCH_HEAD + size);
  to.int64(0n); // base offset: the broker gives it
  to.int32(COUNTED_PREFIX + BATCH_HEAD + size);
  to.int32(0); // the leader's epoch: the broker knows it
  to.int8(MAGIC);
  const crcAt = to.at;
  to.int32(0);
  to.int16(0); // attributes: no compression, time stamps of the writer, no transaction
  to.int32(tails.length - 1);
  to.int64(BigInt(now));
  to.int64(BigInt(now));
  to.int64(BigInt(String(request.producerId ?? -1)));
  to.int16(request.producerEpoch ?? 0);
  to.int32(firstSequence);
  to.int32(tails.length);
  tails.forEach((tail, index) => {
    writeRecord(to, tail, index);
  });
  to.bytes.writeUInt32BE(crc32c(to.bytes, crcAt + 4, to.at), crcAt);
}

/** Attributes and the difference of its time stamp to the batch's: a byte each. */
const RECORD_HEAD = 2;

function sizeOfRecord({ size }: Tail, index: number): number {
  const body = RECORD_HEAD + sizeOfVarint(index) + size;
  return sizeOfVarint(body) + body;
}

function writeRecord(to: Writer, tail: Tail, index: number): void {
  to.varint(RECORD_HEAD + sizeOfVarint(index) + tail.size);
  to.int8(0);
  to.int8(0);
  to.varint(index);
  if (tail.at >= 0) {
    to.again(tail.at, tail.size);
    return;
  }
  tail.at = to.at;
  to.sized(tail.key);
  to.sized(tail.value);
  to.varint(tail.headers.length);
  for (const [name, value] of tail.headers) {
    to.sized(name);
    to.sized(value);
  }
}

/** Bytes of a whole number up to 2^30 as a zigzag varint. */
function sizeOfVarint(value: number): number {
  let rest = zigzag(value);
  let bytes = 1;
  while (rest > 127) {
    rest >>>= 7;
    bytes += 1;
  }
  return bytes;
}

function sizeOfBytes(value: HeaderValue | null | undefined): number {
  if (value === null || value === undefined) return sizeOfVarint(-1);
  const size = Buffer.byteLength(value);
  return sizeOfVarint(size) + size;
}

function zigzag(value: number): number {
  return ((value << 1) ^ (value >> 31)) >>> 0;
}

class Writer {
  readonly bytes: Buffer;
  at: number;

  constructor(bytes: Buffer, at: number) {
    this.bytes = bytes;
    this.at = at;
  }

  int8(value: number): void {
    this.at = this.bytes.writeInt8(value, this.at);
  }

  int16(value: number): void {
    this.at = this.bytes.writeInt16BE(value, this.at);
  }

  int32(value: number): void {
    this.at = this.bytes.writeInt32BE(value, this.at);
  }

  int64(value: bigint): void {
    this.at = this.bytes.writeBigInt64BE(value, this.at);
  }

  varint(value: number): void {
    let rest = zigzag(value);
    while (rest > 127) {
      this.bytes[this.at++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    this.bytes[this.at++] = rest;
  }

  text(value: string): void {
    this.at += this.bytes.write(value, this.at, 'utf8');
  }

  /** Its length and itself; null and undefined have the length -1. */
  sized(value: HeaderValue | null | undefined): void {
    if (value === null || value === undefined) {
      this.varint(-1);
    } else if (typeof value === 'string') {
      this.varint(Buffer.byteLength(value));
      this.text(value);
    } else {
      this.varint(value.length);
      this.at += value.copy(this.bytes, this.at);
    }
  }

  /** What was written before, once more. */
  again(from: number, size: number): void {
    this.bytes.copyWithin(this.at, from, from + size);
    this.at += size;
  }
}
