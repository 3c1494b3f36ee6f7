import { createRequire } from 'node:module';

import type { Producer, ProducerConfig } from 'kafkajs';
import { expect, it } from 'vitest';

import { PRODUCER } from './message-producer.ts';

/** Of kafkajs, what a producer does with a cluster of two brokers of which one dies while both are written to. */
interface Brokers {
  readonly written: string[];
  readonly cluster: object;
}

interface Sent {
  readonly topicData: readonly { readonly topic: string }[];
}

/** Topic `a` is led by broker 1; `b` by broker 2, until that dies with the first request in its hands. */
function twoBrokers(): Brokers {
  const written: string[] = [];
  let isDead = false;
  const leaderOf = (topic: string): number => (topic === 'b' && !isDead ? 2 : 1);
  const answer = (topics: readonly string[]): object => ({
    topics: topics.map((topicName) => ({ topicName, partitions: [{ partition: 0, errorCode: 0 }] })),
  });
  const broker = (nodeId: number): object => ({
    nodeId,
    isConnected: () => true,
    initProducerId: () => Promise.resolve({ producerId: 1, producerEpoch: 0 }),
    produce: ({ topicData }: Sent) => {
      const topics = topicData.map(({ topic }) => topic);
      if (nodeId === 2) {
        isDead = true;
        const lost = Object.assign(new Error('closed'), { name: 'KafkaJSConnectionClosedError' });
        return Promise.reject(lost);
      }
      written.push(...topics);
      return Promise.resolve(answer(topics));
    },
  });
  const brokers = new Map([1, 2].map((nodeId) => [nodeId, broker(nodeId)]));
  const nothing = (): Promise<void> => Promise.resolve();
  const cluster = {
    retry: {},
    targetTopics: new Set(['a', 'b']),
    isConnected: () => true,
    connect: nothing,
    disconnect: nothing,
    refreshMetadata: nothing,
    refreshMetadataIfNecessary: nothing,
    addMultipleTargetTopics: nothing,
    removeBroker: () => undefined,
    findControllerBroker: () => Promise.resolve(brokers.get(1)),
    findBroker: ({ nodeId }: { nodeId: string }) => Promise.resolve(brokers.get(Number(nodeId))),
    findTopicPartitionMetadata: (topic: string) => [{ partitionId: 0, leader: leaderOf(topic) }],
    findLeaderForPartitions: (topic: string) => ({ [leaderOf(topic)]: [0] }),
  };
  return { written, cluster };
}

interface Logger {
  readonly namespace: () => Logger;
  readonly debug: () => void;
  readonly warn: () => void;
  readonly error: () => void;
}

const none = (): void => undefined;
const logger: Logger = { namespace: () => logger, debug: none, warn: none, error: none };

/** The library's own sending, as `client.producer(config)` makes it. */
async function sendToBoth({ cluster }: Brokers, config: ProducerConfig): Promise<unknown> {
  const createProducer = createRequire(import.meta.url)('kafkajs/src/producer') as (
    settings: ProducerConfig & { readonly cluster: object; readonly logger: Logger },
  ) => Producer;
  const producer = createProducer({ ...config, cluster, logger });
  await producer.connect();
  const topicMessages = ['a', 'b'].map((topic) => ({ topic, messages: [{ key: 'k', value: 'v' }] }));
  return await producer.sendBatch({ acks: -1, topicMessages });
}

it('a broker that dies while it is written to makes the send fail, although another that has answered leads in its place', async () => {
  const brokers = twoBrokers();
  await expect(sendToBoth(brokers, PRODUCER)).rejects.toThrow('closed');
});

it('kafkajs alone would say that all is written, and lose what was for the broker that died', async () => {
  const brokers = twoBrokers();
  await sendToBoth(brokers, { ...PRODUCER, retry: { retries: 5, initialRetryTime: 1 } });
  expect(brokers.written).toEqual(['a']);
});
