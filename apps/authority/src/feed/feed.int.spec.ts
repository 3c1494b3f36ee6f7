import { createDataSource, UnitOfWork } from '#persistence';
import { createParser, type EventSourceMessage } from 'eventsource-parser';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { realNetwork, TestNode, until } from '../authority.fixture.ts';
import { Exchange } from '../exchange.fixture.ts';
import { Partner } from '../partner.fixture.ts';
import { FeedBell } from './feed-bell.ts';

const network = await realNetwork();
const city = await TestNode.start(network, 'c_d150');
const province = await TestNode.start(network, 'p_cr');
const [office, counter] = [await Partner.of(city), await Partner.of(province)];
const exchange = new Exchange(network, city, province);

interface Feed {
  readonly items: {
    readonly kind: string;
    readonly uuid: string;
    readonly type: string;
    readonly cursor: string;
  }[];
  readonly next: string;
}

/** The whole feed, once nothing of it is held back: transactions of other specs on the server count too. */
function wholeFeed(partner: Partner): Promise<Feed> {
  return until('the feed shows all it has', async () => {
    const [count] = await partner.node.rows<{ n: number }>('select count(*)::int as n from feed');
    const feed = await partner.get<Feed>('/v1/feed?limit=1000');
    return feed.items.length === count?.n ? feed : undefined;
  });
}

async function filed(): Promise<string> {
  const { practiceId } = await office.filed();
  await exchange.settle();
  return practiceId;
}

/** The feed as an SSE client reads it. */
class Stream {
  readonly messages: EventSourceMessage[] = [];
  readonly #cut = new AbortController();
  ended: Promise<void> = Promise.resolve();

  static async open(partner: Partner, path: string, headers: Record<string, string> = {}): Promise<Stream> {
    const stream = new Stream();
    const response = await partner.open(path, {
      headers: { accept: 'text/event-stream', ...headers },
      signal: stream.#cut.signal,
    });
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    stream.ended = stream.#read(response).catch(() => undefined);
    return stream;
  }

  close(): void {
    this.#cut.abort();
  }

  /** Resolves when so many messages have come. */
  async heard(count: number): Promise<EventSourceMessage[]> {
    await until(`${count} messages`, () => Promise.resolve(this.messages.length >= count ? true : undefined));
    return this.messages;
  }

  async #read(response: Response): Promise<void> {
    const parser = createParser({ onEvent: (message) => this.messages.push(message) });
    const text = new TextDecoder();
    for await (const chunk of response.body ?? [])
      parser.feed(text.decode(chunk as Uint8Array, { stream: true }));
  }
}

describe('the feed', () => {
  it('tells each thing once, page by page, and from where it was left', async () => {
    const practices = [await filed(), await filed(), await filed()];
    await wholeFeed(counter);
    const seen: Feed['items'][number][] = [];
    let after = '';
    for (;;) {
      const page: Feed = await counter.get(`/v1/feed?limit=2${after}`);
      if (page.items.length === 0) break;
      seen.push(...page.items);
      after = `&after=${page.next}`;
    }
    expect(seen.map(({ kind, uuid }) => `${kind} ${uuid}`)).toEqual(practices.map((uuid) => `event ${uuid}`));
    const fourth = await filed();
    await wholeFeed(counter);
    const { items } = await counter.get<Feed>(`/v1/feed?limit=2${after}`);
    expect(items).toMatchObject([
      { kind: 'event', type: 'practice.filed', uuid: fourth, owner: 'c_d150', position: 1 },
    ]);
    const own = await wholeFeed(office);
    expect(own.items.map(({ kind, type }) => `${kind} ${type}`)).toContain('receipt received');
  });

  it('never lets a row appear behind what was read, with two transactions open', async () => {
    const { next: start } = await wholeFeed(counter);
    const insert = `insert into feed (kind, type, at) values ('parked', $1, now())`;
    const [slow, quick] = [new pg.Client(province.databaseUrl), new pg.Client(province.databaseUrl)];
    await Promise.all([slow.connect(), quick.connect()]);
    await slow.query('begin');
    await slow.query(insert, ['slow']);
    await quick.query('begin');
    await quick.query(insert, ['quick']);
    await quick.query('commit');
    const while_ = await counter.get<Feed>(`/v1/feed?after=${start}`);
    expect(while_).toEqual({ items: [], next: start });
    await slow.query('commit');
    const { items } = await until('both are there', async () => {
      const page = await counter.get<Feed>(`/v1/feed?after=${start}`);
      return page.items.length === 2 ? page : undefined;
    });
    expect(items.map(({ type }) => type)).toEqual(['slow', 'quick']);
    await Promise.all([slow.end(), quick.end()]);
  });

  it('refuses a cursor that is none, and a caller without the scope', async () => {
    expect((await counter.call('/v1/feed?after=nonsense')).json).toMatchObject({
      status: 400,
      code: 'CURSOR_INVALID',
    });
    const filer = await Partner.of(province, 'file');
    expect((await filer.call('/v1/feed')).json).toMatchObject({ status: 403, code: 'SCOPE_MISSING' });
  });
});

describe('the feed as server-sent events', () => {
  it('tells what comes while it is open, and goes on after Last-Event-ID without loss or repetition', async () => {
    const { next } = await wholeFeed(counter);
    const stream = await Stream.open(counter, `/v1/feed?after=${next}`);
    const first = await filed();
    const second = await filed();
    const [one, two] = await stream.heard(2);
    expect([one, two].map((message) => message?.event)).toEqual(['event', 'event']);
    expect(JSON.parse(one?.data ?? '')).toMatchObject({ uuid: first, type: 'practice.filed' });
    stream.close();
    await stream.ended;
    const third = await filed();
    const again = await Stream.open(counter, '/v1/feed', { 'last-event-id': one?.id ?? '' });
    const heard = (await again.heard(2)).map(({ data }) => (JSON.parse(data) as { uuid: string }).uuid);
    expect(heard).toEqual([second, third]);
    again.close();
  });

  it('is rung for by one instance of the node in the other, which did not write it', async () => {
    const source = await createDataSource({ url: province.databaseUrl, name: 'other', migrations: [] });
    const bell = new FeedBell(new UnitOfWork(source), province.databaseUrl);
    await bell.open();
    const heard = bell.rings;
    await filed();
    await until('the other instance hears', () => Promise.resolve(bell.rings > heard || undefined));
    await bell.close();
    await source.destroy();
  });

  it('tells what an older transaction held back as soon as that has ended', async () => {
    const { next } = await wholeFeed(counter);
    const older = new pg.Client(province.databaseUrl);
    await older.connect();
    await older.query('begin');
    await older.query('select pg_current_xact_id()');
    const stream = await Stream.open(counter, `/v1/feed?after=${next}`);
    const practice = await filed();
    expect(stream.messages).toEqual([]);
    await older.query('commit');
    const ended = performance.now();
    const [message] = await stream.heard(1);
    // Long before the pulse that also finds what no notification told.
    expect(performance.now() - ended).toBeLessThan(5_000);
    expect(JSON.parse(message?.data ?? '')).toMatchObject({ uuid: practice });
    stream.close();
    await older.end();
  });

  it('reads a long past in pages, without waiting between them', async () => {
    const whole = await wholeFeed(counter);
    const stream = await Stream.open(counter, '/v1/feed?limit=1');
    const messages = await stream.heard(whole.items.length);
    expect(messages.map(({ id }) => id)).toEqual(whole.items.map(({ cursor }) => cursor));
    stream.close();
  });

  it('ends when the node drains, so that it can stop at once', async () => {
    const node = await TestNode.start(network, 'c_b898');
    const stream = await Stream.open(await Partner.of(node), '/v1/feed');
    const begun = performance.now();
    await node.stop();
    await stream.ended;
    expect(performance.now() - begun).toBeLessThan(1_500);
  });
});
