/** Instances of a node that read topics of a real broker into a real database, and their desk, for the specs of this room. */
import { randomUUID } from 'node:crypto';
import { ACCESS_MIGRATIONS, AccessModule, type Scope } from '#access';
import { ActionLog, CreateActions1767225603303 } from '#actions';
import { HubError } from '#errors';
import type { Signer } from '#evidence';
import { createTopics } from '#kafka-client';
import {
  done,
  HubTransport,
  KafkaConnection,
  MessageProducer,
  park,
  retry,
  type IncomingRecord,
} from '#messaging';
import {
  createDataSource,
  SHARED_MIGRATIONS,
  StreamPositions,
  UnitOfWork,
  type TopicPosition,
} from '#persistence';
import { createLogger, createMetrics, runHttpApp, systemClock, systemIds, type HttpApp } from '#platform';
import { aNetwork, freshDatabase, makeToken, type TestNetwork } from '#testing';
import { Module } from '@nestjs/common';
import { afterAll, expect, inject } from 'vitest';
import { REGISTRY_APART } from './apart.ts';
import { NodeStreams } from './node-streams.ts';
import { RewindWatch } from './rewind-watch.ts';
import { StreamsModule } from './streams.module.ts';

const logger = createLogger('streams', { level: 'silent' });

@Module({})
class Root {}

/** Polls until the check passes. */
export const eventually = <T>(read: () => T): ReturnType<typeof expect.poll<T>> =>
  expect.poll(read, { timeout: 30_000, interval: 20 });

/** A process of the node, as far as its one stream `spec` goes. */
export interface Instance {
  /** What it has handled, in order. */
  readonly handled: string[];
  readonly positions: StreamPositions;
  readonly streams: NodeStreams;
  isReading(): boolean;
  /** Ends as a process does that is asked to. */
  close(): Promise<void>;
}

export interface Answered<Json = Record<string, unknown>> {
  readonly status: number;
  readonly json: Json;
}

export class TestStreams {
  /** Fails each signature while it is set. */
  keyIsAway = false;
  readonly connection: KafkaConnection;
  readonly producer: MessageProducer;
  readonly #admin: ReturnType<KafkaConnection['client']['admin']>;
  #token = '';
  #http!: HttpApp;
  readonly #instances = new Set<Instance>();
  /** The instance whose desk is asked. */
  readonly #desk = new NodeStreams();

  private constructor(
    readonly work: UnitOfWork,
    readonly url: string,
    readonly network: TestNetwork,
  ) {
    const { brokers, caFile, certFile, keyFile } = inject('kafka').admin;
    const tls = { ca: caFile, cert: certFile, key: keyFile };
    this.connection = KafkaConnection.open({ brokers, clientId: 'spec', tls }, logger);
    this.producer = new MessageProducer(this.connection);
    this.#admin = this.connection.client.admin();
  }

  /** Call it at the file's top level: it ends with the file. */
  static async open(): Promise<TestStreams> {
    const url = await freshDatabase();
    const source = await createDataSource({
      url,
      name: 'streams-test',
      migrations: [...SHARED_MIGRATIONS, ...ACCESS_MIGRATIONS, CreateActions1767225603303],
    });
    const test = new TestStreams(new UnitOfWork(source), url, await aNetwork().small().founded());
    await test.#admin.connect();
    const parts = test.#parts();
    const module = {
      module: Root,
      imports: [AccessModule.forRoot({ dataSource: source }), StreamsModule.of({ useFactory: () => parts })],
    };
    test.#http = await runHttpApp(module, {
      name: 'streams-test',
      http: { host: '127.0.0.1', port: 0 },
      openApi: { title: 'streams', version: '1' },
      logger,
    });
    test.#token = await test.token('quarantine');
    afterAll(async () => {
      await test.closeAll();
      await test.#http.close();
      await test.producer.close();
      await test.#admin.disconnect();
      await test.connection.close();
      await source.destroy();
    });
    return test;
  }

  async token(scope: Scope): Promise<string> {
    return (await makeToken(this.#http, scope)).token;
  }

  /** A new topic that is kept for ever, as far as this house knows. */
  async topic(partitions = 1): Promise<string> {
    const topic = `spec.${randomUUID()}`;
    await createTopics(this.#admin, [{ topic, numPartitions: partitions }]);
    await eventually(() => this.connection.ranges(topic)).toHaveLength(partitions);
    return topic;
  }

  /** Forgets what is before an offset of partition 0, as retention does. */
  async forget(topic: string, before: number): Promise<void> {
    await this.#admin.fetchTopicOffsets(topic);
    await this.#admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: String(before) }] });
  }

  /** Writes texts; the key decides the partition. */
  async write(topic: string, texts: readonly string[], key = 'k'): Promise<void> {
    await this.producer.send(texts.map((text) => ({ topic, key, value: Buffer.from(text), headers: {} })));
  }

  /**
   * A process that reads these topics; the desk is the latest one's. `hears`: that somebody has taken the stream back;
   * `before`: it comes no further than to this text.
   */
  start(
    group: string,
    topics: readonly string[],
    { hears = true, before = '' }: { hears?: boolean; before?: string } = {},
  ): Instance {
    const handled: string[] = [];
    const positions = new StreamPositions(this.work);
    const transport = new HubTransport({
      connection: this.connection,
      positions,
      streams: [{ stream: 'spec', group, topics }],
      onPoison: (_record, error) => Promise.resolve(park(error.code)),
      metrics: createMetrics('spec'),
      logger,
    });
    transport.addHandler('spec', (records: readonly IncomingRecord[]) => {
      const texts = records.map(({ value }) => value.toString());
      const end = texts.indexOf(before);
      handled.push(...(end < 0 ? texts : texts.slice(0, end)));
      return Promise.resolve(texts.map((_, n) => (end < 0 || n < end ? done() : retry(60_000))));
    });
    transport.listen((error) => {
      if (error !== undefined) throw error as Error;
    });
    this.#desk.attach(transport);
    const streams = new NodeStreams();
    streams.attach(transport);
    const watch = new RewindWatch({ url: this.url, positions, streams, logger });
    if (hears) watch.start();
    const instance: Instance = {
      ...{ handled, positions, streams },
      isReading: () => transport.streams().every(({ state }) => state === 'reading'),
      close: async () => {
        this.#instances.delete(instance);
        await watch.close();
        await transport.close();
      },
    };
    this.#instances.add(instance);
    return instance;
  }

  async closeAll(): Promise<void> {
    await Promise.all([...this.#instances].map((instance) => instance.close()));
  }

  async rewind<Json = Record<string, unknown>>(
    body: object,
    { stream = 'spec', key, token = this.#token }: { stream?: string; key?: string; token?: string } = {},
  ): Promise<Answered<Json>> {
    const headers = {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      ...(key === undefined ? {} : { 'idempotency-key': key }),
    };
    const url = new URL(`/v1/streams/${stream}/rewind`, this.#http.url);
    const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
    return { status: answer.status, json: (await answer.json()) as Json };
  }

  async get<Json>(path: string): Promise<Json> {
    const headers = { authorization: `Bearer ${this.#token}` };
    const answer = await fetch(new URL(path, this.#http.url), { headers });
    return (await answer.json()) as Json;
  }

  /** Everything that a rewind changes, in one value. */
  async state(): Promise<unknown> {
    return await this.work.run(async (tx) => ({
      positions: await tx.query('select * from stream_position order by group_name, topic, partition'),
      rewinds: await tx.query('select id from stream_rewind'),
      actions: await tx.query('select id from operator_action'),
      outbox: await tx.query('select id from outbox'),
    }));
  }

  /** Where the database says that a group goes on. */
  async positionsIn(group: string, topic: string): Promise<readonly Pick<TopicPosition, 'next'>[]> {
    return await this.work.run((tx) =>
      tx.query(
        `select next_offset::int as next from stream_position where group_name = $1 and topic = $2
         order by partition`,
        [group, topic],
      ),
    );
  }

  #parts() {
    const { work, connection, network } = this;
    const signer = network.signerOf('c_d150');
    const held: Signer = {
      ...{ certificate: signer.certificate, holder: signer.holder },
      sign: (data) =>
        this.keyIsAway
          ? Promise.reject(new HubError('SIGNING_KEY_UNAVAILABLE', 'the token is away'))
          : signer.sign(data),
    };
    return {
      ...{ at: 'here', work, connection, clock: systemClock, ids: systemIds, streams: this.#desk },
      actions: new ActionLog({ role: 'authority', signer: held, clock: systemClock, ids: systemIds }),
      apart: [REGISTRY_APART],
    };
  }
}
