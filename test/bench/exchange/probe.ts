/** The bare hop: one record produced, the same record consumed, by kafkajs over mutual TLS, at the pace of a clock. */
import { randomBytes } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { openKafka, type BrokerAccess } from './broker-client.ts';
import { given, say, untilReleased } from './children.ts';
import { FETCH } from './copy/hops.ts';

export interface ProbeOrder {
  readonly ms: number;
  readonly rate: number;
}

const { access, topic, bytes } = given() as {
  readonly access: BrokerAccess;
  readonly topic: string;
  readonly bytes: number;
};
const kafka = openKafka(access, 'probe');
const producer = kafka.producer({ allowAutoTopicCreation: false });
const consumer = kafka.consumer({ groupId: `${topic}.probe`, ...FETCH });
await producer.connect();
await consumer.connect();
await consumer.subscribe({ topics: [topic], fromBeginning: true });
const joined = new Promise<void>((resolve) => {
  consumer.on(consumer.events.GROUP_JOIN, () => {
    resolve();
  });
});
const started = new Map<string, number>();
let delays: number[] = [];
await consumer.run({
  eachBatch: async ({ batch }) => {
    const now = performance.now();
    for (const { key } of batch.messages) {
      const at = started.get(String(key));
      if (at !== undefined) delays.push(now - at);
      started.delete(String(key));
    }
    return Promise.resolve();
  },
});
await joined;

process.on('message', (order: ProbeOrder) => {
  void measure(order);
});
untilReleased(async () => {
  await consumer.disconnect();
  await producer.disconnect();
});
say({ kind: 'ready' });

/** Milliseconds from the call of the producer to the hand of the consumer, one for each record. */
async function measure({ ms, rate }: ProbeOrder): Promise<void> {
  delays = [];
  const begin = performance.now();
  const total = Math.round((ms / 1000) * rate);
  const value = randomBytes(bytes);
  const sends: Promise<unknown>[] = [];
  for (let n = 0; n < total; n += 1) {
    const due = begin + (n * 1000) / rate;
    const wait = due - performance.now();
    if (wait > 0) await pause(wait);
    // As for the filings: from when it was due, so that a probe that is late itself does not look fast.
    started.set(String(n), due);
    sends.push(producer.send({ topic, acks: -1, messages: [{ key: String(n), value }] }));
  }
  await Promise.all(sends);
  for (const deadline = performance.now() + 10_000; delays.length < total && performance.now() < deadline;) {
    await pause(20);
  }
  say({ kind: 'measured', values: delays });
}
