/** The hub itself: its real processes, asked by its own use case. */
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { AUTHOR, RECIPIENTS } from './catalogue.ts';
import { BenchChild } from './children.ts';
import { runCourse, type Contender, type Course, type Round } from './contender.ts';
import type { LoadOrder } from './load.ts';
import type { BenchNetwork } from './network.ts';

/** Filings on their way at once: some batches for each hop. */
const WINDOW = 2_048;
/** Of each filing: the event, its decision, a receipt of each recipient. */
const LEAVES = 2 + RECIPIENTS.length;
const REST_WITHIN_MS = 120_000;
const LOOK_MS = 100;

/** Documents are outside of what is measured: they are noted as due, and never fetched. */
const NO_FETCHING = `
  create or replace function bench_holds_back() returns trigger language plpgsql as $$
  begin
    if new.status = 'fetching' then new.next_attempt_at := null; end if;
    return new;
  end $$;
  create or replace trigger bench_holds_back before insert on document
    for each row execute function bench_holds_back()`;

export interface OursOptions {
  /** Who files; the Comune alone when absent. The others' nodes do not run: the load relays for them. */
  readonly authors?: readonly string[];
  readonly look?: Course['look'];
}

export class Ours implements Contender {
  readonly name = 'ours';
  readonly #network: BenchNetwork;
  readonly #options: OursOptions;
  #clients = new Map<string, pg.Client>();
  #load: BenchChild | undefined;

  constructor(network: BenchNetwork, options: OursOptions = {}) {
    this.#network = network;
    this.#options = options;
  }

  async start(): Promise<void> {
    await this.#network.startNodes();
    for (const name of [AUTHOR, ...RECIPIENTS, 'auditor', 'router-1']) {
      const client = new pg.Client({ connectionString: this.#network.database(name) });
      client.on('error', () => undefined);
      await client.connect();
      this.#clients.set(name, client);
    }
    for (const recipient of RECIPIENTS) await this.client(recipient).query(NO_FETCHING);
    const authors = this.#options.authors ?? [AUTHOR];
    const env = this.#network.environment(AUTHOR);
    this.#load = await BenchChild.start('use case', './filing-load.js', env, { authors });
  }

  async run(order: Pick<Extract<LoadOrder, { kind: 'go' }>, 'ms' | 'rate' | 'atMost'>): Promise<Round> {
    const { look } = this.#options;
    if (this.#load === undefined) throw new Error('the hub was not started');
    return runCourse(
      {
        load: this.#load,
        window: WINDOW,
        finished: await this.#finishing(),
        rest: () => this.rest(),
        watched: [...this.#network.servers(), ...this.#network.nodes(), this.#load.watched],
        ...(look === undefined ? {} : { look }),
      },
      order,
    );
  }

  async stop(): Promise<void> {
    await this.#load?.stop();
    this.#load = undefined;
    await Promise.all([...this.#clients.values()].map((client) => client.end()));
    this.#clients = new Map();
    await this.#network.stopNodes();
  }

  /** The database of a node, for whoever measures. */
  client(name: string): pg.Client {
    const client = this.#clients.get(name);
    if (client === undefined) throw new Error(`no connection to ${name}`);
    return client;
  }

  /** Waits until no outbox holds anything to send and each author has every receipt. */
  async rest(): Promise<void> {
    const deadline = Date.now() + REST_WITHIN_MS;
    for (let before = -1; ;) {
      const now = await this.#moved();
      if (now.waiting === 0 && now.stored === before) return;
      before = now.stored;
      if (Date.now() > deadline) throw new Error('the network did not come to rest');
      await pause(LOOK_MS);
    }
  }

  async #moved(): Promise<{ readonly waiting: number; readonly stored: number }> {
    let waiting = 0;
    let stored = 0;
    for (const [name, client] of this.#clients) {
      const outbox = name === 'auditor' ? 'select 0' : 'select count(*) from outbox where sent_at is null';
      const kept = name === 'auditor' ? 'log_entry' : name === 'router-1' ? 'outbox' : 'feed';
      const { rows } = await client.query<{ waiting: string; stored: string | null }>(
        `select (${outbox}) as waiting, (select max(id) from ${kept}) as stored`,
      );
      waiting += Number(rows[0]?.waiting ?? 0);
      stored += Number(rows[0]?.stored ?? 0);
    }
    return { waiting, stored };
  }

  /** Counts from what is there now: filings accepted by all recipients and with all their leaves in the log. */
  async #finishing(): Promise<() => Promise<number>> {
    const feeds = await Promise.all(RECIPIENTS.map((name) => this.#arriving(name)));
    const size = 'select max(size) from checkpoint';
    const leaves = await this.#single('auditor', size);
    return async () => {
      const counts = await Promise.all(feeds.map((count) => count()));
      const added = (await this.#single('auditor', size)) - leaves;
      return Math.min(...counts, Math.floor(added / LEAVES));
    };
  }

  /**
   * Events in a recipient's feed from now on. Only what came since the last look is counted, or the count itself would be
   * what grows in a long run; one transaction after the other writes there, so that no lower id comes later.
   */
  async #arriving(name: string): Promise<() => Promise<number>> {
    let last = await this.#single(name, 'select max(id) from feed');
    let arrived = 0;
    return async () => {
      const { rows } = await this.client(name).query<{ n: number; last: string | null }>(
        "select count(*)::int as n, max(id) as last from feed where kind = 'event' and id > $1",
        [last],
      );
      arrived += rows[0]?.n ?? 0;
      last = Number(rows[0]?.last ?? last);
      return arrived;
    };
  }

  async #single(name: string, sql: string): Promise<number> {
    const { rows } = await this.client(name).query<Record<string, string | null>>(sql);
    return Number(Object.values(rows[0] ?? {})[0] ?? 0);
  }
}
