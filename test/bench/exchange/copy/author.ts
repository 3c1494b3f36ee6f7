/** Writes the same record over and over to the outbox, a batch a request. */
import { randomUUID } from 'node:crypto';
import { openKafka } from '../broker-client.ts';
import { given, say, untilReleased } from '../children.ts';
import { serveLoad } from '../load.ts';
import type { CopyPlace } from './hops.ts';

/** Records of a request: as many as the hub's relay sends at once. */
const AT_ONCE = 150;

const { access, outbox, event } = given() as CopyPlace;
const value = Buffer.from(event ?? '', 'base64');
const producer = openKafka(access, 'copy-author').producer({ allowAutoTopicCreation: false });
await producer.connect();
serveLoad(async () => {
  const messages = Array.from({ length: AT_ONCE }, () => ({ key: randomUUID(), value }));
  await producer.send({ topic: outbox, acks: -1, messages });
  return AT_ONCE;
}, 1);
untilReleased(() => producer.disconnect());
say({ kind: 'ready' });
