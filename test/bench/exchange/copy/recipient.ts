/** Reads its inbox and counts. */
import { openKafka } from '../broker-client.ts';
import { given, say, untilReleased } from '../children.ts';
import { FETCH, type CopyPlace } from './hops.ts';

const { access, inbox } = given() as CopyPlace;
const topic = inbox ?? '';
const consumer = openKafka(access, 'copy-recipient').consumer({ groupId: `${topic}.recipient`, ...FETCH });
await consumer.connect();
await consumer.subscribe({ topics: [topic], fromBeginning: true });
const joined = new Promise<void>((resolve) => {
  consumer.on(consumer.events.GROUP_JOIN, () => {
    resolve();
  });
});
let received = 0;
await consumer.run({
  eachBatch: async ({ batch }) => {
    received += batch.messages.length;
    say({ kind: 'received', count: received });
    return Promise.resolve();
  },
});
await joined;
untilReleased(() => consumer.disconnect());
say({ kind: 'ready' });
