import { setTimeout as pause } from 'node:timers/promises';
import { ActionLog } from '#actions';
import { parseSignedItem, type Decision } from '#contracts';
import { attributedTo, verifyDecision, VerifierPool, type BatchChecks, type Signer } from '#evidence';
import type { IncomingRecord, Outcome } from '#messaging';
import {
  createDataSource,
  markSent,
  readUnsent,
  SHARED_MIGRATIONS,
  UnitOfWork,
  type StoredOutboxRecord,
} from '#persistence';
import { createLogger, type Clock, type IdSource } from '#platform';
import {
  QuarantineStore,
  ReleaseQuarantined,
  type QuarantineEntry,
  type QuarantineParts,
  type Release,
} from '#quarantine';
import { routerQuarantine } from '../src/quarantine/router-quarantine.ts';
import { ForwardReceipts } from '../src/receipts/forward-receipts.ts';
import type { RouterRegistry } from '../src/router-registry.ts';
import { RouteBatch } from '../src/routing/route-batch.ts';
import { ROUTER_MIGRATIONS } from '../src/store/migrations.ts';

/** What a router needs of its network. */
export interface RouterNetwork {
  readonly registry: RouterRegistry;
  readonly clock: Clock;
  readonly ids: IdSource;
  signerOf(holder: string): Signer;
}

/** An event as it was placed. */
export interface PlacedEvent {
  readonly author: string;
  readonly id: string;
  readonly position: number;
  readonly bytes: Buffer;
  readonly decision: Buffer;
}

/** The token that acts for whoever operates the router. */
const OPERATOR = '01990000-0000-7000-8000-00000000a0a0';
const EVERYTHING = { records: 10_000, bytes: 100_000_000 };

/** A router's use cases over a database of their own, and what an outsider can see of what they did. */
export class TestRouter {
  readonly route: RouteBatch;
  readonly forward: ForwardReceipts;
  readonly #quarantine: QuarantineParts;
  readonly #store: QuarantineStore;

  constructor(
    private readonly network: RouterNetwork,
    readonly work: UnitOfWork,
    readonly close: () => Promise<void>,
    readonly verifier: BatchChecks,
  ) {
    const { registry, clock, ids } = network;
    const signer = network.signerOf('router-1');
    this.route = new RouteBatch({
      name: 'router-1',
      work,
      registry,
      verifier,
      signer,
      clock,
      ids,
      logger: createLogger('test', { level: 'silent' }),
    });
    this.forward = new ForwardReceipts({ work, registry, verifier, clock, ids });
    const actions = new ActionLog({ role: 'router', signer, clock, ids });
    const attribute = (bytes: Buffer): string | null => attributedTo(bytes, registry);
    this.#quarantine = routerQuarantine(
      { work, clock, ids, actions, attributedTo: attribute },
      this.route,
      this.forward,
    );
    this.#store = new QuarantineStore(work);
  }

  /** @param verifier by default one without threads */
  static async open(
    url: string,
    network: RouterNetwork,
    verifier: BatchChecks = new VerifierPool({ threads: 0 }),
  ): Promise<TestRouter> {
    const migrations = [...SHARED_MIGRATIONS, ...ROUTER_MIGRATIONS];
    const source = await createDataSource({ url, name: 'router-test', migrations });
    return new TestRouter(network, new UnitOfWork(source), () => source.destroy(), verifier);
  }

  /** Delivers one batch; the outcomes as `done`, `retry`, `hold` or the code of what was parked. */
  async deliver(...records: readonly IncomingRecord[]): Promise<string[]> {
    return (await this.route.run(records)).map(told);
  }

  async receipts(...records: readonly IncomingRecord[]): Promise<string[]> {
    return (await this.forward.run(records)).map(told);
  }

  async release(id: string): Promise<Release> {
    const release = new ReleaseQuarantined(this.#quarantine);
    return await this.#quarantine.work.run((tx) => release.run(tx, id, OPERATOR));
  }

  /** The practice's events in the order of their positions. */
  async placed({ owner, uuid }: { readonly owner: string; readonly uuid: string }): Promise<PlacedEvent[]> {
    return await this.work.run((tx) =>
      tx.query<PlacedEvent>(
        `select author, event_id as id, position, bytes, decision from routed_event
         where owner = $1 and uuid = $2 order by position`,
        [owner, uuid],
      ),
    );
  }

  /** What is in quarantine, with the ids that the events claim. */
  async quarantine(): Promise<(QuarantineEntry & { readonly eventId?: string | null })[]> {
    const entries = await this.#store.list({ limit: 500 });
    return entries.map((entry) => ({ ...entry, ...this.#quarantine.whose(entry) }));
  }

  /** The entry made last. */
  async lastParked(): Promise<QuarantineEntry> {
    const [last] = await this.work.run((tx) =>
      tx.query<{ id: string }>('select id from quarantine order by id desc limit 1'),
    );
    return await this.work.run((tx) => this.#store.get(tx, last?.id ?? ''));
  }

  /** What waits to be sent, oldest first. */
  async outbox(): Promise<StoredOutboxRecord[]> {
    return await this.work.run((tx) => readUnsent(tx, EVERYTHING));
  }

  /** Takes what waits to be sent as sent. */
  async drain(): Promise<void> {
    const records = await this.outbox();
    await this.work.run((tx) => markSent(tx, records));
  }

  /** Reads a signed decision alone, as who received nothing else would. */
  decisionIn(item: Buffer): Decision {
    return verifyDecision(item, this.network.registry, this.network.clock.now()).decision;
  }
}

/** The signed batch that a decision is an item of. */
export function batchOf(item: Buffer): Buffer {
  return parseSignedItem(item).batch;
}

function told(outcome: Outcome): string {
  return outcome.kind === 'park' ? outcome.code : outcome.kind;
}

/** Asks until it is so. */
export async function waitUntil(
  what: string,
  ask: () => Promise<boolean>,
  timeoutMs = 15_000,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await ask())) {
    if (performance.now() > deadline) throw new Error(`${what}: not within ${timeoutMs} ms`);
    await pause(20);
  }
}
