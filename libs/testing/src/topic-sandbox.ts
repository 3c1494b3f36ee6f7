import { randomUUID } from 'node:crypto';
import { afterAll, inject } from 'vitest';
import {
  KafkaConnection,
  MessageProducer,
  TopicReader,
  type IncomingRecord,
  type OutgoingRecord,
  type ReadOptions,
  type TopicReading,
} from '#messaging';
import { createTopics } from '#kafka-client';
import { createLogger, systemIds } from '#platform';

/**
 * Topics of the run's broker under the hub's own names, for one test file alone: what is written to `practice.routing`
 * here is found by nobody else.
 */
export class TopicSandbox {
  readonly connection: Pick<KafkaConnection, 'ranges'>;
  readonly reader: Pick<TopicReader, 'read'>;
  readonly #prefix: string;
  readonly #producer: MessageProducer;

  private constructor(connection: KafkaConnection, prefix: string) {
    this.#prefix = prefix;
    this.#producer = new MessageProducer(connection);
    this.connection = { ranges: (topic) => connection.ranges(prefix + topic) };
    const reader = new TopicReader(connection, 'sandbox', systemIds);
    this.reader = { read: (topic, options) => this.#read(reader, topic, options) };
    afterAll(async () => {
      await this.#producer.close();
      await connection.close();
    });
  }

  /** Makes the topics. Call it at the file's top level. */
  static async open(...topics: readonly string[]): Promise<TopicSandbox> {
    const { brokers, caFile, certFile, keyFile } = inject('kafka').admin;
    const tls = { ca: caFile, cert: certFile, key: keyFile };
    const logger = createLogger('sandbox', { level: 'silent' });
    const connection = KafkaConnection.open({ brokers, clientId: 'sandbox', tls }, logger);
    const prefix = `sandbox.${randomUUID()}.`;
    const admin = connection.client.admin();
    await admin.connect();
    await createTopics(
      admin,
      topics.map((topic) => ({ topic: prefix + topic, numPartitions: 1 })),
    );
    await admin.disconnect();
    return new TopicSandbox(connection, prefix);
  }

  async send(records: readonly OutgoingRecord[]): Promise<void> {
    await this.#producer.send(records.map((record) => ({ ...record, topic: this.#prefix + record.topic })));
  }

  /** Everything that a topic holds. */
  async all(topic: string): Promise<IncomingRecord[]> {
    const records: IncomingRecord[] = [];
    for await (const record of this.reader.read(topic, { until: 'end' })) records.push(record);
    return records;
  }

  #read(reader: TopicReader, topic: string, options: ReadOptions): TopicReading {
    const reading = reader.read(this.#prefix + topic, options);
    return {
      caughtUp: reading.caughtUp,
      close: () => reading.close(),
      async *[Symbol.asyncIterator]() {
        for await (const record of reading) yield { ...record, topic };
      },
    };
  }
}
