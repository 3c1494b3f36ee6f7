/** The router's part, for specs: gives each event its place and hands it to the nodes, decisions really signed. */
import {
  cloudEventHeaders,
  HUB_HEADERS,
  parseEvent,
  parseReceipt,
  parseSignedItem,
  practiceKey,
  topics,
  type Participant,
  type Receipt,
} from '#contracts';
import type { ErrorCode } from '#errors';
import { sha256Hex } from '#evidence';
import type { IncomingRecord, Outcome } from '#messaging';
import { markSent, readUnsent, type StoredOutboxRecord } from '#persistence';
import { aDecision, inboxRecord, type DecidedEvent, type TestNetwork } from '#testing';
import type { TestNode } from './authority.fixture.ts';

/** Takes what a node has to send, as its relay would. */
export async function takeOutbox(node: TestNode): Promise<StoredOutboxRecord[]> {
  return node.parts.work.run(async (tx) => {
    const records = await readUnsent(tx, { records: 10_000, bytes: 1e9 });
    await markSent(tx, records);
    return records;
  });
}

/** The receipts among what a node has to send. */
export function receiptsIn(records: readonly StoredOutboxRecord[]): Receipt[] {
  return records
    .filter((record) => record.topics.includes(topics.receipts))
    .map((record) => parseReceipt(parseSignedItem(record.value).item));
}

export class Exchange {
  readonly decided: DecidedEvent[] = [];
  /** Sees what a node sends, as its topics would. */
  tap: (records: readonly StoredOutboxRecord[]) => Promise<void> = () => Promise.resolve();
  readonly #network: TestNetwork;
  readonly #nodes: readonly TestNode[];
  readonly #practices = new Map<
    string,
    { position: number; readonly participants: readonly Participant[] }
  >();
  #offset = 0;

  constructor(network: TestNetwork, ...nodes: readonly TestNode[]) {
    this.#network = network;
    this.#nodes = nodes;
  }

  /** Passes on what the nodes have to send, until nobody has anything more to say. */
  async settle(): Promise<void> {
    for (let busy = true; busy;) {
      busy = false;
      for (const node of this.#nodes) {
        const taken = await takeOutbox(node);
        await this.tap(taken);
        for (const record of taken) {
          busy = true;
          await this.#pass(record);
        }
      }
    }
  }

  /** The decision on a signed event: the next position of its practice. */
  async decide(bytes: Buffer): Promise<DecidedEvent> {
    const event = parseEvent(bytes);
    const key = practiceKey(event.practice);
    const known = this.#practices.get(key);
    const signed = {
      event,
      bytes,
      headers: cloudEventHeaders(event),
      digest: sha256Hex(bytes),
      documents: [],
      network: this.#network,
    };
    const decided = await aDecision(
      signed,
      (known?.position ?? 0) + 1,
      known && { participants: known.participants },
    );
    const { position, participants } = decided.decision;
    this.#practices.set(key, { position, participants });
    this.decided.push(decided);
    return decided;
  }

  /** Hands a decided event to the nodes that take part. */
  async deliver(decided: DecidedEvent): Promise<void> {
    const parties = decided.decision.participants.map(({ ipa }) => ipa);
    for (const node of this.#nodes.filter(({ ipa }) => parties.includes(ipa)))
      await this.hand(node, inboxRecord(decided, node.ipa));
  }

  async hand(node: TestNode, record: IncomingRecord): Promise<Outcome | undefined> {
    const [outcome] = await node.takeIn(record);
    return outcome;
  }

  /** The router's notice to an author that it parked these bytes. */
  async park(node: TestNode, bytes: Buffer, code: ErrorCode): Promise<void> {
    this.#offset += 1;
    const headers = {
      [HUB_HEADERS.class]: Buffer.from('parked'),
      [HUB_HEADERS.code]: Buffer.from(code),
      [HUB_HEADERS.reason]: Buffer.from('what was wrong'),
    };
    const place = { topic: topics.inbox(node.ipa), partition: 0, offset: `n${this.#offset}`, key: null };
    await this.hand(node, { ...place, headers, value: bytes, timestamp: this.#network.clock.now() });
  }

  async #pass({ topics: targets, value, headers }: StoredOutboxRecord): Promise<void> {
    if (targets.includes(topics.actions)) return;
    if (!targets.includes(topics.receipts)) return this.deliver(await this.decide(value));
    const { by, event } = parseReceipt(parseSignedItem(value).item);
    const readers = this.#nodes.filter(({ ipa }) =>
      by === event.author ? ipa !== by : ipa === event.author,
    );
    for (const reader of readers) await this.#passReceipt(reader, value, headers);
  }

  async #passReceipt(reader: TestNode, value: Buffer, headers: StoredOutboxRecord['headers']): Promise<void> {
    this.#offset += 1;
    await this.hand(reader, {
      topic: topics.inbox(reader.ipa),
      partition: 0,
      offset: `r${this.#offset}`,
      key: null,
      value,
      headers: {
        ...Object.fromEntries(
          Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)] as const),
        ),
        [HUB_HEADERS.class]: Buffer.from('receipt'),
      },
      timestamp: this.#network.clock.now(),
    });
  }
}
