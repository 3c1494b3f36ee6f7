/** Copies each batch of the outbox to every inbox. */
import { openKafka } from '../broker-client.ts';
import { given, say, untilReleased } from '../children.ts';
import { FETCH, type CopyPlace } from './hops.ts';

const { access, outbox, inboxes } = given() as CopyPlace;
const kafka = openKafka(access, 'copy-router');
const producer = kafka.producer({ allowAutoTopicCreation: false });
const consumer = kafka.consumer({ groupId: `${outbox}.router`, ...FETCH });
await producer.connect();
await consumer.connect();
await consumer.subscribe({ topics: [outbox], fromBeginning: true });
const joined = new Promise<void>((resolve) => {
  consumer.on(consumer.events.GROUP_JOIN, () => {
    resolve();
  });
});
await consumer.run({
  eachBatch: async ({ batch }) => {
    const messages = batch.messages.map(({ key, value }) => ({ key, value }));
    await producer.sendBatch({ acks: -1, topicMessages: inboxes.map((topic) => ({ topic, messages })) });
  },
});
await joined;
untilReleased(async () => {
  await consumer.disconnect();
  await producer.disconnect();
});
say({ kind: 'ready' });
