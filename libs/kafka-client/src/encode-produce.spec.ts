import { createRequire } from 'node:module';

import fc from 'fast-check';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';

import { crc32c } from './crc32c.ts';
import { encodeProduce, isPlain, type Message, type ProduceRequest } from './encode-produce.ts';

const load = createRequire(import.meta.url);

interface Request {
  readonly encode: () => Promise<{ readonly buffer: Buffer }>;
}

/** The library's own encoder, whatever has been corrected in this process: version 7 only has another number. */
const library = load('kafkajs/src/protocol/requests/produce/v3/request') as (
  given: ProduceRequest,
) => Request;

const NOW = Date.UTC(2026, 0, 7);
const ROOM = 64;
// What is written into has other bytes in it, and is larger than it needs to be.
const encoding = { room: ROOM, now: NOW, take: (size: number) => Buffer.alloc(size + 1000, 0xee) };

beforeAll(() => vi.useFakeTimers({ now: NOW, toFake: ['Date'] }));
afterAll(() => vi.useRealTimers());

const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
// Of any characters: `unit: 'binary'` makes a table of all 1.1 million of them first.
const point = fc.oneof(fc.integer({ min: 0, max: 0xd7ff }), fc.integer({ min: 0xe000, max: 0x10ffff }));
const text = fc.string({ unit: point.map((code) => String.fromCodePoint(code)), maxLength: 70 });
const header = fc.oneof(bytes, text);
const message: fc.Arbitrary<Message> = fc.record({
  key: fc.oneof(fc.constant(null), bytes, text),
  value: fc.oneof(fc.constant(null), bytes, text),
  headers: fc.dictionary(text, fc.oneof(header, fc.array(header, { minLength: 1, maxLength: 3 }))),
});
const request = fc.record({
  acks: fc.constant(-1),
  timeout: fc.nat(),
  producerId: fc.bigInt({ min: -1n, max: 2n ** 62n }).map(String),
  producerEpoch: fc.nat(0x7fff),
  topicData: fc.array(message, { minLength: 1, maxLength: 4 }).chain((shared) =>
    fc.array(
      fc.record({
        topic: text,
        partitions: fc.array(
          fc.record({
            partition: fc.nat(0x7fff_ffff),
            firstSequence: fc.nat(0x7fff_ffff),
            // Some stand under several topics, some under one alone, some twice.
            messages: fc.array(fc.oneof(fc.constantFrom(...shared), message), {
              minLength: 1,
              maxLength: 70,
            }),
          }),
          { maxLength: 2 },
        ),
      }),
      { maxLength: 4 },
    ),
  ),
});

it('writes a request as kafkajs does, byte for byte', async () => {
  await fc.assert(
    fc.asyncProperty(request, async (given) => {
      const { buffer } = await library(given).encode();
      expect(encodeProduce(given, encoding).subarray(ROOM).equals(buffer)).toBe(true);
    }),
    { numRuns: 200 },
  );
});

it('writes large records as kafkajs does', async () => {
  const messages = [60_000, 127, 128, 16_383, 16_384, 850 * 1024].map((size, n) => ({
    key: `k${n}`,
    value: Buffer.alloc(size, n),
    headers: { decision: Buffer.alloc(size / 2, 'd') },
  }));
  const topicData = ['a', 'b', 'c'].map((topic) => ({
    topic,
    partitions: [{ partition: 0, firstSequence: 7, messages }],
  }));
  const given = { acks: -1, timeout: 30_000, producerId: '5', producerEpoch: 1, topicData };
  const { buffer } = await library(given).encode();
  expect(encodeProduce(given, { ...encoding, room: 0 }).equals(buffer)).toBe(true);
});

it('leaves transactions, compression and time stamps of the caller to kafkajs', () => {
  const plain = { acks: -1, timeout: 0, topicData: [] };
  const stamped = { value: 'x', timestamp: '1' };
  const topicData = [{ topic: 't', partitions: [{ partition: 0, messages: [stamped] }] }];
  expect(isPlain(plain)).toBe(true);
  expect(isPlain({ ...plain, transactionalId: 't' })).toBe(false);
  expect(isPlain({ ...plain, compression: 1 })).toBe(false);
  expect(isPlain({ ...plain, topicData })).toBe(false);
});

it('gives the CRC-32C that RFC 3720, appendix B.4 has for its examples, and kafkajs for any bytes', () => {
  const ascending = Buffer.from(Array.from({ length: 32 }, (_, n) => n));
  expect(crc32c(Buffer.alloc(32))).toBe(0x8a9136aa);
  expect(crc32c(Buffer.alloc(32, 0xff))).toBe(0x62a8ab43);
  expect(crc32c(ascending)).toBe(0x46dd794e);
  const theirs = load('kafkajs/src/protocol/recordBatch/crc32C') as (given: Buffer) => number;
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(40), fc.nat(40), (array, skip, cut) => {
      const given = Buffer.from(array);
      const end = Math.max(skip, given.length - cut);
      return crc32c(given, skip, Math.min(end, given.length)) === theirs(given.subarray(skip, end));
    }),
  );
});
