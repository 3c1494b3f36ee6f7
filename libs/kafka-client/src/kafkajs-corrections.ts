/**
 * Corrections to kafkajs 2.2.4, which is maintained no more, applied to its classes at this one place.
 *
 * 1. `RequestQueue.scheduleCheckPendingRequests` arms a timer after every response even when nothing is pending, with
 *    the delay `throttledUntil - now`. Not throttled, that is a large negative number, which Node makes 1 ms (and since
 *    Node 24 warns of: TimeoutNegativeWarning); the timer calls the check, which arms the next. Each idle connection
 *    burns 2 to 4 % of a core for ever. Corrected: no timer while nothing is pending.
 * 2. `ConsumerGroup.recoverFromOffsetOutOfRange` commits the topic's first or last offset and goes on in silence.
 *    Corrected: the consumer ends with HubError `OFFSET_OUT_OF_RANGE`.
 * 3. A Produce request copies each record eight times, into buffers filled with zeros first, and anew for each topic:
 *    half of what a relay's process did. Written in one go instead (`encode-produce.ts`), and sent as it lies.
 * 4. The answer to a Fetch is read with objects of its own for each number, and with a copy of all headers for each
 *    header; a compressed batch is unpacked whatever comes of it. Read by `decode-fetch.ts`, which unpacks nothing.
 * 5. What a connection brings is kept in pieces, and then copied into one. Put together as it comes (`answers.ts`), so
 *    that the pieces may come in a buffer that is used again (`broker-socket.ts`).
 */
import { createRequire } from 'node:module';
import type { Socket } from 'node:net';

import kafkajs from 'kafkajs';

import { HubError } from '#errors';

import { Answers } from './answers.ts';
import { decodeFetch } from './decode-fetch.ts';
import { encodeProduce, isPlain, type ProduceRequest } from './encode-produce.ts';
import { SpareBuffer } from './spare-buffer.ts';

const VERSION = '2.2.4';

interface RequestQueue {
  readonly pending: readonly unknown[];
}

interface OutOfRange extends Error {
  readonly topic: string;
  readonly partition: number;
}

interface ConsumerGroup {
  readonly groupId: string;
  readonly preferredReadReplicasPerTopicPartition: Readonly<
    Record<string, Readonly<Record<number, unknown>>>
  >;
}

type Method<This, Arguments extends unknown[]> = (this: This, ...args: Arguments) => unknown;

const applied = { timer: false, all: false };

/**
 * Corrects kafkajs, once in a process, before the first client is made.
 * @throws HubError `KAFKA_CLIENT_CHANGED` if the library is not the version that the corrections are written for
 */
export function correctKafkajs(): void {
  correctIdleTimer();
  if (applied.all) return;
  const load = known();
  replace<ConsumerGroup, [OutOfRange]>(
    load('kafkajs/src/consumer/consumerGroup'),
    'recoverFromOffsetOutOfRange',
    (original) =>
      function recoverFromOffsetOutOfRange(error) {
        // Read from a follower that lags: the leader is asked next, nothing is reset.
        const replicas = this.preferredReadReplicasPerTopicPartition[error.topic];
        if (replicas?.[error.partition] !== undefined) return original.call(this, error);
        throw outOfRange(this.groupId, error);
      },
  );
  correctProduce(load);
  correctFetch(load);
  correctAnswers(load);
  applied.all = true;
}

/**
 * The first correction alone: for whoever compares kafkajs as it is, and not by a bug that burns the processor.
 * @throws HubError `KAFKA_CLIENT_CHANGED`
 */
export function correctIdleTimer(): void {
  if (applied.timer) return;
  replace<RequestQueue, []>(
    known()('kafkajs/src/network/requestQueue'),
    'scheduleCheckPendingRequests',
    (original) =>
      function scheduleCheckPendingRequests() {
        return this.pending.length === 0 ? undefined : original.call(this);
      },
  );
  applied.timer = true;
}

/** The library's modules, if it is the version that is known. */
function known(): NodeJS.Require {
  const load = createRequire(import.meta.url);
  const { version } = load('kafkajs/package.json') as { readonly version: string };
  if (version !== VERSION) throw changed(`kafkajs is ${version}, the corrections are for ${VERSION}`);
  return load;
}

/** Left free before the body of a request: its length, kind, version and number, and the client's name. */
const ROOM = 512;

interface Request {
  readonly encode: () => Promise<Encoder>;
}

interface Encoder {
  buf: Buffer;
  offset: number;
  readonly buffer: Buffer;
}

/** Where the bytes of an encoder lie, with free room before them. */
interface Placed {
  readonly storage: Buffer;
  readonly start: number;
}

function correctProduce(load: NodeJS.Require): void {
  const placed = new WeakMap<object, Placed>();
  const used = new WeakMap<Request, Buffer>();
  const spare = new SpareBuffer();
  replaceExport<[ProduceRequest], Request>(
    load,
    'kafkajs/src/protocol/requests/produce/v7/request',
    (original) => (given) => {
      const request = original(given);
      if (!isPlain(given)) return request;
      const encode = (): Promise<Encoder> => {
        const take = (size: number): Buffer => {
          const buffer = spare.take(size);
          used.set(whole, buffer);
          return buffer;
        };
        const storage = encodeProduce(given, { room: ROOM, now: Date.now(), take });
        const buf = storage.subarray(ROOM);
        const encoder = { buf, buffer: buf, offset: buf.length };
        placed.set(encoder, { storage, start: ROOM });
        return Promise.resolve(encoder);
      };
      const whole = { ...request, encode };
      return whole;
    },
  );
  // A request that was answered has left this process, down to its last byte; one that failed may still be on its way.
  replace<unknown, [{ readonly request: Request }]>(
    load('kafkajs/src/network/connection'),
    'send',
    (original) =>
      async function send(call) {
        const answer: unknown = await original.call(this, call);
        const buffer = used.get(call.request);
        used.delete(call.request);
        if (buffer !== undefined) spare.give(buffer);
        return answer;
      },
  );
  // What leads a request goes into the room before its body, instead of the body behind what leads it.
  replace<Encoder, [Encoder]>(
    load('kafkajs/src/protocol/encoder'),
    'writeEncoder',
    (original) =>
      function writeEncoder(body) {
        const place = placed.get(body);
        if (place === undefined || place.start < this.offset) return original.call(this, body);
        const start = place.start - this.offset;
        this.buf.copy(place.storage, start, 0, this.offset);
        this.buf = place.storage.subarray(start);
        this.offset = this.buf.length;
        placed.set(this, { storage: place.storage, start });
        return this;
      },
  );
}

interface Decode {
  decode: (answer: Buffer) => Promise<unknown>;
}

function correctFetch(load: NodeJS.Require): void {
  const response = load('kafkajs/src/protocol/requests/fetch/v11/response') as Decode;
  const original = response.decode;
  response.decode = (answer) => {
    const decoded = decodeFetch(answer);
    return decoded === undefined ? original(answer) : Promise.resolve(decoded);
  };
  // What is still read by kafkajs, because it is older, is not unpacked either.
  kafkajs.CompressionCodecs[kafkajs.CompressionTypes.GZIP] = () => ({
    compress: () => Promise.reject(new kafkajs.KafkaJSNonRetriableError(NOT_COMPRESSED)),
    decompress: () => Promise.reject(new kafkajs.KafkaJSNonRetriableError(NOT_COMPRESSED)),
  });
}

const NOT_COMPRESSED = 'records are neither compressed nor unpacked here';

interface Connection {
  readonly sasl: unknown;
  readonly socket: Socket;
  readonly requestQueue: {
    fulfillRequest(answer: {
      readonly size: number;
      readonly correlationId: number;
      readonly payload: Buffer;
    }): void;
  };
}

/** Of an answer: the number of its request, bytes. */
const CORRELATION_ID = 4;

/** Ends the connection to what is no broker; its requests fail with it. */
function ended(answers: Answers, piece: Buffer, socket: Socket): Buffer[] {
  try {
    const whole = answers.take(piece);
    if (whole.some(({ length }) => length < CORRELATION_ID)) throw new RangeError('an answer to nothing');
    return whole;
  } catch (error) {
    socket.destroy(error instanceof Error ? error : undefined);
    return [];
  }
}

function correctAnswers(load: NodeJS.Require): void {
  const bySocket = new WeakMap<object, Answers>();
  replace<Connection, [Buffer]>(
    load('kafkajs/src/network/connection'),
    'processData',
    (original) =>
      function processData(piece) {
        // Its handshake has answers of another form. The piece may be overwritten, and is kept there.
        if (this.sasl !== null && this.sasl !== undefined) return original.call(this, Buffer.from(piece));
        const answers = bySocket.get(this.socket) ?? new Answers();
        bySocket.set(this.socket, answers);
        for (const answer of this.socket.destroyed ? [] : ended(answers, piece, this.socket)) {
          this.requestQueue.fulfillRequest({
            size: answer.length,
            correlationId: answer.readInt32BE(),
            payload: answer.subarray(CORRELATION_ID),
          });
        }
        return undefined;
      },
  );
}

/** Replaces the one function that a module of kafkajs is; those who ask for the module later get the new one. */
function replaceExport<Arguments extends unknown[], Result>(
  load: NodeJS.Require,
  id: string,
  correct: (original: (...args: Arguments) => Result) => (...args: Arguments) => Result,
): void {
  const original: unknown = load(id);
  const loaded = load.cache[load.resolve(id)];
  if (typeof original !== 'function' || loaded === undefined) throw changed(`${id} is gone`);
  loaded.exports = correct(original as (...args: Arguments) => Result);
}

function replace<This, Arguments extends unknown[]>(
  of: unknown,
  name: string,
  correct: (original: Method<This, Arguments>) => Method<This, Arguments>,
): void {
  if (typeof of !== 'function') throw changed(`the class of ${name} is gone`);
  const prototype = of.prototype as Record<string, unknown>;
  const original = prototype[name];
  if (typeof original !== 'function') throw changed(`${name} is gone`);
  prototype[name] = correct(original as Method<This, Arguments>);
}

function outOfRange(group: string, error: OutOfRange): Error {
  const { topic, partition } = error;
  const cause = new HubError(
    'OFFSET_OUT_OF_RANGE',
    `group ${group} stands outside what ${topic}/${partition} holds`,
    { cause: error, details: { group, topic, partition } },
  );
  // kafkajs retries whatever does not say that it must not be retried.
  return Object.assign(new kafkajs.KafkaJSNonRetriableError(cause.message), { cause });
}

function changed(message: string): HubError {
  return new HubError('KAFKA_CLIENT_CHANGED', message);
}
