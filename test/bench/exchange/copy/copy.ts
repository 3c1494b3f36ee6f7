/** Baseline B: what Kafka alone does on the same hops. Nothing is checked, there is no database. */
import { BenchChild } from '../children.ts';
import { runCourse, type Contender, type Round } from '../contender.ts';
import { createTopics, deleteTopics, type BrokerAccess } from '../broker-client.ts';
import { RECIPIENTS } from '../catalogue.ts';
import type { LoadOrder } from '../load.ts';
import type { Watched } from '../processes.ts';
import type { CopyPlace } from './hops.ts';

const WINDOW = 2_048;

export class Copy implements Contender {
  readonly name = 'bare kafkajs';
  readonly #access: BrokerAccess;
  readonly #event: Buffer;
  readonly #servers: () => readonly Watched[];
  #round = 0;
  #topics: readonly string[] = [];
  #children: BenchChild[] = [];
  #received: number[] = [];

  constructor(access: BrokerAccess, event: Buffer, servers: () => readonly Watched[]) {
    this.#access = access;
    this.#event = event;
    this.#servers = servers;
  }

  async start(): Promise<void> {
    this.#round += 1;
    const outbox = `bench.copy.${this.#round}.outbox`;
    const inboxes = RECIPIENTS.map((recipient) => `bench.copy.${this.#round}.inbox.${recipient}`);
    this.#topics = [outbox, ...inboxes];
    await createTopics(this.#access, this.#topics);
    const place: CopyPlace = { access: this.#access, outbox, inboxes };
    const begin = (name: string, module: string, own: object): Promise<BenchChild> =>
      BenchChild.start(name, `./copy/${module}.js`, process.env, { ...place, ...own });
    this.#received = inboxes.map(() => 0);
    const author = await begin('author', 'author', { event: this.#event.toString('base64') });
    this.#children = [author, await begin('router', 'router', {})];
    for (const [index, inbox] of inboxes.entries()) {
      const recipient = await begin(`recipient ${index + 1}`, 'recipient', { inbox });
      recipient.hear(({ kind, count }) => {
        if (kind === 'received') this.#received[index] = count ?? 0;
      });
      this.#children.push(recipient);
    }
  }

  async run(order: Pick<Extract<LoadOrder, { kind: 'go' }>, 'ms' | 'rate' | 'atMost'>): Promise<Round> {
    const [load] = this.#children;
    if (load === undefined) throw new Error('the baseline was not started');
    return runCourse(
      {
        load,
        window: WINDOW,
        finished: () => Promise.resolve(Math.min(...this.#received)),
        rest: () => Promise.resolve(),
        watched: [...this.#servers(), ...this.#children.map(({ watched }) => watched)],
      },
      order,
    );
  }

  async stop(): Promise<void> {
    await Promise.all(this.#children.map((child) => child.stop()));
    this.#children = [];
    await deleteTopics(this.#access, this.#topics);
  }
}
