import { createRequire } from 'node:module';
import { gzipSync } from 'node:zlib';

import fc from 'fast-check';
import { expect, it } from 'vitest';

import { decodeFetch, REFUSED } from './decode-fetch.ts';

const load = createRequire(import.meta.url);

interface Written {
  readonly buffer: Buffer;
}
interface Encoder extends Written {
  writeInt16(value: number): this;
  writeInt32(value: number): this;
  writeInt64(value: unknown): this;
  writeString(value: string): this;
  writeBuffer(value: Buffer): this;
}

// The library's own parts; version 10 of a Fetch decodes messages as version 11 does, and nobody corrects it.
const Encoder = load('kafkajs/src/protocol/encoder') as new () => Encoder;
const encodeRecord = load('kafkajs/src/protocol/recordBatch/record/v0') as (given: object) => Written;
const { RecordBatch: encodeBatch } = load('kafkajs/src/protocol/recordBatch/v0') as {
  readonly RecordBatch: (given: object) => Promise<Written>;
};
const Long = load('kafkajs/src/utils/long') as { readonly fromValue: (value: string) => unknown };
const Decoder = load('kafkajs/src/protocol/decoder') as new (bytes: Buffer) => object;
const libraryMessages = load('kafkajs/src/protocol/requests/fetch/v4/decodeMessages') as (
  decoder: object,
) => Promise<object[]>;

const NOW = Date.UTC(2026, 0, 7);

const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array));
// Names that every object has (`toString`) are lists to kafkajs from the first on.
const name = fc.string({ unit: 'grapheme', maxLength: 20 }).map((text) => `h ${text}`);
const record = fc.record({
  key: fc.oneof(fc.constant(null), bytes),
  value: fc.oneof(fc.constant(null), bytes),
  headers: fc.dictionary(name, fc.oneof(bytes, fc.array(bytes, { minLength: 2, maxLength: 3 }))),
  timestampDelta: fc.integer({ min: -1_000_000, max: 2 ** 31 }),
});
const batch = fc.record({
  firstOffset: fc.oneof(fc.bigInt({ min: 0n, max: 2n ** 40n }), fc.constant(2n ** 53n - 2n)),
  records: fc.array(record, { minLength: 1, maxLength: 70 }),
  transactional: fc.boolean(),
  producerId: fc.bigInt({ min: -1n, max: 2n ** 60n }),
});
type Batch = typeof batch extends fc.Arbitrary<infer T> ? T : never;

async function written({ firstOffset, records, producerId, ...rest }: Batch): Promise<Buffer> {
  const encoded = await encodeBatch({
    ...rest,
    firstOffset: Long.fromValue(String(firstOffset)),
    producerId: String(producerId),
    firstTimestamp: NOW,
    maxTimestamp: NOW + 5,
    lastOffsetDelta: records.length - 1,
    records: records.map((one, offsetDelta) => encodeRecord({ ...one, offsetDelta })),
  });
  return encoded.buffer;
}

/** An answer with one partition that holds these bytes. */
function answer(set: Buffer): Buffer {
  return new Encoder()
    .writeInt32(3)
    .writeInt16(0)
    .writeInt32(9)
    .writeInt32(1)
    .writeString('practice.inbox.p_cr')
    .writeInt32(1)
    .writeInt32(5)
    .writeInt16(0)
    .writeInt64(77)
    .writeInt64(76)
    .writeInt64(1)
    .writeInt32(1)
    .writeInt64(42)
    .writeInt64(43)
    .writeInt32(-1)
    .writeInt32(set.length)
    .writeBuffer(set).buffer;
}

/** What the library reads of the same bytes. */
const asKafkajs = (set: Buffer): Promise<object[]> =>
  libraryMessages(new Decoder(new Encoder().writeInt32(set.length).writeBuffer(set).buffer));

const messagesOf = (set: Buffer): readonly object[] | undefined =>
  decodeFetch(answer(set))?.responses[0]?.partitions[0]?.messages;

it('reads records as kafkajs does, the last batch cut where the fetch ended', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(batch, { minLength: 1, maxLength: 3 }), fc.nat(60), async (batches, cut) => {
      const whole = Buffer.concat(await Promise.all(batches.map(written)));
      const set = whole.subarray(0, whole.length - cut);
      expect(messagesOf(set)).toEqual(await asKafkajs(set));
    }),
    { numRuns: 100 },
  );
});

it('reads what the answer says of itself and of its partitions', async () => {
  const library = load('kafkajs/src/protocol/requests/fetch/v11/response') as {
    readonly decode: (bytes: Buffer) => Promise<object>;
  };
  const given = answer(Buffer.alloc(0));
  expect(decodeFetch(given)).toEqual(await library.decode(given));
});

it('leaves messages of an older format to kafkajs', () => {
  expect(decodeFetch(answer(Buffer.alloc(80)))).toBeUndefined();
});

it('unpacks nothing: a compressed batch is one refused message, with the offset of its last record and its bytes', async () => {
  const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
  const plain = { firstOffset: 9n, transactional: false, producerId: 1n };
  const before = await written({ ...plain, records: [aRecord('before')] });
  const batch = Buffer.from(
    await written({ ...plain, firstOffset: 10n, records: [aRecord('x'), aRecord('y')] }),
  );
  const packed = compressed(batch, bomb);
  const after = await written({ ...plain, firstOffset: 12n, records: [aRecord('after')] });
  const messages = messagesOf(Buffer.concat([before, packed, after]));
  expect(messages).toMatchObject([
    { offset: '9', value: Buffer.from('before') },
    { offset: '11', value: bomb, [REFUSED]: 'compressed' },
    { offset: '12', value: Buffer.from('after') },
  ]);
});

function aRecord(text: string): Batch['records'][number] {
  return { key: null, value: Buffer.from(text), headers: {}, timestampDelta: 0 };
}

/** A batch of two records that says it is gzip, with these bytes for its records. */
function compressed(batch: Buffer, records: Buffer): Buffer {
  const head = Buffer.from(batch.subarray(0, 61));
  head.writeInt32BE(49 + records.length, 8);
  head.writeInt16BE(1, 21);
  return Buffer.concat([head, records]);
}
