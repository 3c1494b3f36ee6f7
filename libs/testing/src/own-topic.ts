import { afterAll, inject } from 'vitest';
import { KafkaConnection, MessageProducer } from '#messaging';
import { createTopics } from '#kafka-client';
import { createLogger } from '#platform';

/** What has a broker asked for with the administrator's certificate. */
type Administrator = Awaited<ReturnType<KafkaConnection['client']['admin']>>;

/** A topic of the run's broker that no other test file uses, under a name of the hub's form. */
export class OwnTopic {
  readonly topic: string;
  readonly #connection: KafkaConnection;
  readonly #producer: MessageProducer;

  private constructor(topic: string, connection: KafkaConnection) {
    this.topic = topic;
    this.#connection = connection;
    this.#producer = new MessageProducer(connection);
    afterAll(async () => {
      await this.#producer.close();
      await connection.close();
    });
  }

  /** How the administrator reaches the broker. */
  static broker() {
    const { brokers, caFile, certFile, keyFile } = inject('kafka').admin;
    return { brokers, tls: { ca: caFile, cert: certFile, key: keyFile } };
  }

  /** Makes it. Call it at the file's top level. */
  static async make(topic: string, numPartitions = 1): Promise<OwnTopic> {
    const logger = createLogger('own topic', { level: 'silent' });
    const { brokers, tls } = OwnTopic.broker();
    const own = new OwnTopic(topic, KafkaConnection.open({ brokers, clientId: 'own topic', tls }, logger));
    await own.#asked((admin) => createTopics(admin, [{ topic, numPartitions }]));
    return own;
  }

  /** Publishes values under a key. */
  async send(values: readonly Buffer[], key = 'k'): Promise<void> {
    await this.#producer.send(
      values.map((value) => ({ topic: this.topic, key, value, headers: { hub_class: 'event' } })),
    );
  }

  /** Deletes what is before an offset, as a retention does, or somebody who may. */
  async deleteBefore(offset: number): Promise<void> {
    const partitions = [{ partition: 0, offset: String(offset) }];
    await this.#asked(async (admin) => {
      // kafkajs looks for the leader in what it has been told of the topic before.
      await admin.fetchTopicOffsets(this.topic);
      await admin.deleteTopicRecords({ topic: this.topic, partitions });
    });
  }

  /** Groups of the broker whose names begin so. */
  async groups(prefix: string): Promise<string[]> {
    const { groups } = await this.#asked((admin) => admin.listGroups());
    return groups.map(({ groupId }) => groupId).filter((id) => id.startsWith(prefix));
  }

  async #asked<T>(question: (admin: Administrator) => Promise<T>): Promise<T> {
    const admin = this.#connection.client.admin();
    await admin.connect();
    return await question(admin).finally(() => admin.disconnect());
  }
}
