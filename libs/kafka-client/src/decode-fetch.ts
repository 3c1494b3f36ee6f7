/**
 * The answer to a Fetch request (version 11: message format 2), as kafkajs reads it, without its decoder, its 64-bit
 * objects and its copy of all headers for each header. What is compressed is not unpacked: see `REFUSED`.
 */

/** A record as kafkajs hands it on; 64-bit numbers as text. */
interface Message {
  readonly magicByte: number;
  readonly attributes: number;
  readonly timestamp: string;
  readonly offset: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, Header | Header[]>>;
  readonly isControlRecord: boolean;
  readonly batchContext: object;
  readonly [REFUSED]?: 'compressed';
}

type Header = Buffer | null;

/**
 * Marks what stands for a whole compressed batch: one message with the offset of its last record, whose value is the
 * batch's compressed bytes. Nobody of ours compresses, brokers are told to keep what they are given as it is, and a few
 * kilobytes that unpack to gigabytes would break every bound of a consumer.
 */
export const REFUSED = Symbol('refused');

interface FetchAnswer {
  readonly throttleTime: number;
  readonly clientSideThrottleTime: number;
  readonly errorCode: number;
  readonly sessionId: number;
  readonly responses: readonly {
    readonly topicName: string | null;
    readonly partitions: readonly PartitionAnswer[];
  }[];
}

interface PartitionAnswer {
  readonly partition: number;
  readonly errorCode: number;
  readonly highWatermark: string;
  readonly lastStableOffset: string;
  readonly lastStartOffset: string;
  readonly abortedTransactions: readonly { readonly producerId: string; readonly firstOffset: string }[];
  readonly preferredReadReplica: number;
  readonly messages: readonly Message[];
}

const MAGIC = 2;
/** Of a batch: where its magic byte is, and the shortest that can be. */
const MAGIC_AT = 16;
const BATCH_OVERHEAD = 49;

const CODEC = 0x7;
const LOG_APPEND_TIME = 0x8;
const TRANSACTIONAL = 0x10;
const CONTROL = 0x20;

/** Reads an answer; undefined if some of it is of an older message format, which kafkajs reads itself. */
export function decodeFetch(bytes: Buffer): FetchAnswer | undefined {
  const from = new Reader(bytes);
  const clientSideThrottleTime = from.int32();
  const errorCode = from.int16();
  const sessionId = from.int32();
  const seen = { old: false };
  const messages = (): Message[] => {
    const decoded = decodeMessages(from);
    seen.old ||= decoded === undefined;
    return decoded ?? [];
  };
  const responses = from.list(() => ({
    topicName: from.shortText(),
    partitions: from.list((): PartitionAnswer => ({
      partition: from.int32(),
      errorCode: from.int16(),
      highWatermark: String(from.int64()),
      lastStableOffset: String(from.int64()),
      lastStartOffset: String(from.int64()),
      abortedTransactions: from.list(() => ({
        producerId: String(from.int64()),
        firstOffset: String(from.int64()),
      })),
      preferredReadReplica: from.int32(),
      messages: messages(),
    })),
  }));
  if (seen.old) return undefined;
  // The broker has not throttled this request: it expects the client to do it.
  return { throttleTime: 0, clientSideThrottleTime, errorCode, sessionId, responses };
}

function decodeMessages(from: Reader): Message[] | undefined {
  const size = from.int32();
  if (size <= 0 || from.left < size) return [];
  const set = new Reader(from.take(size));
  if (set.bytes.readInt8(MAGIC_AT) !== MAGIC) return undefined;
  const messages: Message[] = [];
  while (set.left >= BATCH_OVERHEAD) {
    const first = set.int64();
    const length = set.int32();
    // The last batch of a fetch is cut where the limit was reached.
    if (set.left < length) break;
    decodeBatch(set.take(length), first, messages);
  }
  return messages;
}

function decodeBatch(bytes: Buffer, first: bigint, into: Message[]): void {
  const from = new Reader(bytes);
  const partitionLeaderEpoch = from.int32();
  const magicByte = from.int8();
  from.int32(); // the CRC: TLS has checked the bytes, as the broker has
  const attributes = from.int16();
  const lastOffsetDelta = from.int32();
  const firstTimestamp = from.int64();
  const maxTimestamp = String(from.int64());
  const isControlBatch = (attributes & CONTROL) > 0;
  const isAppendTime = (attributes & LOG_APPEND_TIME) > 0;
  const batchContext = {
    firstOffset: String(first),
    firstTimestamp: String(firstTimestamp),
    partitionLeaderEpoch,
    inTransaction: (attributes & TRANSACTIONAL) > 0,
    isControlBatch,
    lastOffsetDelta,
    producerId: String(from.int64()),
    producerEpoch: from.int16(),
    firstSequence: from.int32(),
    maxTimestamp,
    timestampType: isAppendTime ? 1 : 0,
    magicByte,
  };
  const count = from.int32();
  if ((attributes & CODEC) !== 0) {
    const offset = String(first + BigInt(lastOffsetDelta));
    const value = from.take(from.left);
    const common = { magicByte, attributes: 0, headers: {}, isControlRecord: false, batchContext };
    into.push({ ...common, timestamp: maxTimestamp, offset, key: null, value, [REFUSED]: 'compressed' });
    return;
  }
  const offsets = numbersFrom(first);
  const times = numbersFrom(firstTimestamp);
  for (let index = 0; index < count; index += 1) {
    const end = from.varint() + from.at;
    const recordAttributes = from.int8();
    const time = from.varint();
    into.push({
      magicByte,
      attributes: recordAttributes,
      timestamp: isAppendTime ? maxTimestamp : times(time),
      offset: offsets(from.varint()),
      key: from.sized(),
      value: from.sized(),
      headers: headersOf(from),
      isControlRecord: isControlBatch,
      batchContext,
    });
    from.at = end;
  }
}

/** 64-bit numbers as text, by their distance from a first one. */
function numbersFrom(first: bigint): (delta: number) => string {
  const base = Number(first);
  return (delta) =>
    Number.isSafeInteger(base) && Number.isSafeInteger(base + delta)
      ? String(base + delta)
      : String(first + BigInt(delta));
}

/** One that comes several times has a list of its values. */
function headersOf(from: Reader): Record<string, Header | Header[]> {
  const entries: [string, Header][] = [];
  for (let left = from.varint(); left > 0; left -= 1) entries.push([from.sizedText(), from.sized()]);
  const headers: Record<string, Header | Header[]> = Object.fromEntries(entries);
  if (Object.keys(headers).length === entries.length) return headers;
  const lists = Map.groupBy(entries, ([name]) => name);
  return Object.fromEntries(
    [...lists].map(([name, all]) => {
      const values = all.map(([, value]) => value);
      return [name, values.length === 1 ? (values[0] ?? null) : values];
    }),
  );
}

class Reader {
  readonly bytes: Buffer;
  at = 0;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  get left(): number {
    return this.bytes.length - this.at;
  }

  int8(): number {
    return this.bytes.readInt8((this.at += 1) - 1);
  }

  int16(): number {
    return this.bytes.readInt16BE((this.at += 2) - 2);
  }

  int32(): number {
    return this.bytes.readInt32BE((this.at += 4) - 4);
  }

  int64(): bigint {
    return this.bytes.readBigInt64BE((this.at += 8) - 8);
  }

  /** A zigzag number of up to 53 bits: no time stamp and no offset of a batch is as far from its first. */
  varint(): number {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = this.bytes.readUInt8(this.at);
      this.at += 1;
      value += (byte & 127) * scale;
      if (byte < 128) break;
      scale *= 128;
    }
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  take(size: number): Buffer {
    return this.bytes.subarray(this.at, (this.at += size));
  }

  shortText(): string | null {
    const size = this.int16();
    return size < 0 ? null : this.take(size).toString('utf8');
  }

  /** Null for a length of -1. The bytes are not copied. */
  sized(): Buffer | null {
    const size = this.varint();
    return size < 0 ? null : this.take(size);
  }

  sizedText(): string {
    const size = Math.max(0, this.varint());
    const from = this.at;
    this.at += size;
    return this.bytes.toString('utf8', from, this.at);
  }

  list<T>(read: () => T): T[] {
    return Array.from({ length: Math.max(0, this.int32()) }, read);
  }
}
