import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { parseAction, parseSignedItem, topics } from '#contracts';
import { readUnsent } from '#persistence';
import { merkleRoot } from '#tlog';
import { eventually, TestStreams } from './streams.fixture.ts';

const test = await TestStreams.open();
afterEach(() => test.closeAll());

const upTo = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, n) => `${n + from}`);
const LONG_AGO = '2026-01-01T00:00:00Z';
const reason = 'the database lost a row';

interface Place {
  readonly topic: string;
  readonly partition: number;
  readonly stood: string;
  readonly back: string;
  readonly records: number;
}
interface Rewound {
  readonly id: string | null;
  readonly action: string | null;
  readonly records: number;
  readonly oldest: string | null;
  readonly places: readonly Place[];
  readonly code?: string;
  readonly detail?: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

const rewind = (body: object, options?: Parameters<typeof test.rewind>[1]) =>
  test.rewind<Rewound>(body, options);

/** A group that has read ten records; the second half of them were written after `middle`. */
async function aReadStream(options?: { readonly hears: boolean }) {
  const [topic, group] = [await test.topic(), `spec.${randomUUID()}`];
  await test.write(topic, upTo(1, 5));
  const middle = await laterThan(topic);
  await test.write(topic, upTo(6, 10));
  const instance = test.start(group, [topic], options);
  await eventually(() => instance.handled).toEqual(upTo(1, 10));
  await eventually(() => test.positionsIn(group, topic)).toEqual([{ next: 10 }]);
  return { topic, group, middle, instance };
}

/** A moment after everything that a topic holds, by the broker's word. */
async function laterThan(topic: string): Promise<string> {
  let at = Date.now();
  await eventually(async () => {
    at = Date.now();
    const [range] = await test.connection.ranges(topic);
    return (await test.connection.offsetsAt(topic, new Date(at))).get(0) === range?.high;
  }).toBe(true);
  // What is written from the next millisecond on is later.
  await eventually(() => Date.now()).toBeGreaterThan(at);
  return new Date(at).toISOString();
}

describe('reading a stream again from a point in time', () => {
  it('is first tried, which changes nothing; then reads exactly what was written since, in order, and is one signed action, however often it is asked for with one key', async () => {
    const { topic, group, middle, instance } = await aReadStream();
    const before = await test.state();
    expect(await rewind({ from: middle, dryRun: true })).toEqual({
      status: 200,
      json: {
        ...{ id: null, action: null, stream: 'spec', from: middle, oldest: null, records: 5 },
        places: [{ topic, partition: 0, stood: '10', back: '5', records: 5 }],
      },
    });
    expect(await test.state()).toEqual(before);
    const key = randomUUID();
    const first = await rewind({ from: middle, reason }, { key });
    expect(first).toMatchObject({ status: 202, json: { records: 5 } });
    await eventually(() => instance.handled).toEqual([...upTo(1, 10), ...upTo(6, 10)]);
    expect(await rewind({ from: middle, reason }, { key })).toEqual(first);
    expect(await rewind({ from: middle, reason: 'another' }, { key })).toMatchObject({
      json: { code: 'IDEMPOTENCY_KEY_REUSED' },
    });
    await eventually(() => test.get(`/v1/streams/rewinds/${first.json.id ?? ''}`)).toMatchObject({
      ...{ stream: 'spec', from: middle, action: first.json.action, records: 5, left: 0, done: true },
      places: [{ topic, stood: '10', back: '5', position: '10', left: 0 }],
    });
    await test.write(topic, ['11']);
    await eventually(() => instance.handled.slice(15)).toEqual(['11']);
    await instance.close();
    expect((await test.connection.committed(group, topic)).get(0)).toBe(11n);

    const records = await test.work.run((tx) => readUnsent(tx, { records: 100, bytes: 1e6 }));
    const actions = records
      .filter((record) => record.topics.includes(topics.actions))
      .map(({ value }) => parseAction(parseSignedItem(value).item));
    const mine = actions.filter(({ id }) => id === first.json.action);
    expect(mine).toMatchObject([{ kind: 'stream.rewound', outcome: 'rewound', node: 'c_d150' }]);
    expect(mine[0]?.set).toEqual({
      size: 1,
      root: merkleRoot([Buffer.from(`${topic}/0/5/10`)]).toString('base64'),
    });
    expect(mine[0]?.details).toContainEqual({ name: 'records', value: '5' });
  });

  it('goes to an offset, too, and only in the topics that are named', async () => {
    const [one, other] = [await test.topic(), await test.topic()];
    await test.write(one, ['a', 'b', 'c']);
    await test.write(other, ['x', 'y', 'z']);
    const instance = test.start(`spec.${randomUUID()}`, [one, other]);
    await eventually(() => instance.handled.toSorted()).toEqual(['a', 'b', 'c', 'x', 'y', 'z']);
    await eventually(() => rewind({ from: LONG_AGO, dryRun: true })).toMatchObject({
      json: { records: 6 },
    });
    await rewind({ offsets: [{ topic: one, partition: 0, offset: '1' }], reason });
    await eventually(() => instance.handled.slice(6)).toEqual(['b', 'c']);
    await eventually(async () => (await behind(other)).position).toBe('3');
    await rewind({ from: LONG_AGO, topics: [other], reason });
    await eventually(() => instance.handled.slice(8)).toEqual(['x', 'y', 'z']);
  });

  async function behind(topic: string) {
    const { streams } = await test.get<{
      readonly streams: readonly {
        readonly places: readonly { readonly topic: string; readonly position: string }[];
      }[];
    }>('/v1/streams');
    return streams.flatMap(({ places }) => places).find((place) => place.topic === topic) ?? { position: '' };
  }
});

describe('a stream that was taken back', () => {
  it('is read again by whichever instance has the partition, though another one was asked', async () => {
    const [one, other] = [await test.topic(), await test.topic()];
    const group = `spec.${randomUUID()}`;
    const pair = [test.start(group, [one, other])];
    await eventually(() => pair[0]?.isReading()).toBe(true);
    pair.push(test.start(group, [one, other]));
    let written = 0;
    const write = async (...texts: readonly [string, string]): Promise<void> => {
      await test.write(one, [texts[0]]);
      await test.write(other, [texts[1]]);
      written += 2;
    };
    // Until each has one of the two.
    await eventually(async () => {
      await write('probe', 'probe');
      return pair.every(({ handled }) => handled.length > 0);
    }).toBe(true);
    await write('a', 'x');
    const all = (): string[] => pair.flatMap(({ handled }) => handled).filter((text) => text !== 'probe');
    await eventually(() => all().toSorted()).toEqual(['a', 'x']);
    await eventually(() => rewind({ from: LONG_AGO, dryRun: true })).toMatchObject({
      json: { records: written },
    });
    await rewind({ from: LONG_AGO, reason });
    // Twice at least: a partition that goes to the other one meanwhile is read from its last position.
    const times = (wanted: string): number => all().filter((text) => text === wanted).length;
    await eventually(() => Math.min(times('a'), times('x'))).toBeGreaterThanOrEqual(2);
    await eventually(() => test.get('/v1/streams/rewinds')).toMatchObject({
      rewinds: expect.arrayContaining([
        expect.objectContaining({ records: written, left: 0, done: true }),
      ]) as [],
    });
  });

  it('is told with how far it is behind; a member that has not heard of it does not carry it forward, the next process reads it', async () => {
    const { topic, group, middle, instance } = await aReadStream({ hears: false });
    const listed = (): Promise<unknown> => test.get('/v1/streams');
    await eventually(listed).toEqual({
      at: 'here',
      streams: [
        {
          ...{ stream: 'spec', state: 'reading', code: null, behind: 0 },
          places: [{ topic, partition: 0, position: '10', end: '10', behind: 0 }],
        },
      ],
      apart: [{ stream: 'registry', topics: ['registry.state'], why: expect.any(String) as string }],
    });
    await rewind({ from: middle, reason });
    expect(await listed()).toMatchObject({ streams: [{ behind: 5, places: [{ position: '5' }] }] });
    await test.write(topic, ['11']);
    await eventually(() => instance.handled.at(-1)).toBe('11');
    await instance.close();
    // The broker was told, the database not: so the next one knows.
    expect((await test.connection.committed(group, topic)).get(0)).toBe(11n);
    expect(await test.positionsIn(group, topic)).toEqual([{ next: 5 }]);
    const next = test.start(group, [topic]);
    await eventually(() => next.handled).toEqual(upTo(6, 11));
    await eventually(() => test.positionsIn(group, topic)).toEqual([{ next: 11 }]);
  });

  it('begins anew at the earlier place when it is taken back again before it is through, goes on where it was cut off, and never skips', async () => {
    const { topic, group, instance } = await aReadStream({ hears: false });
    const at = (offset: string): object => ({ offsets: [{ topic, partition: 0, offset }], reason });
    const first = await rewind(at('7'));
    const [earlier, later] = [await rewind(at('3')), await rewind(at('8'))];
    expect([first, earlier, later]).toMatchObject([
      { json: { places: [{ stood: '10', back: '7' }] } },
      { json: { places: [{ stood: '7', back: '3' }] } },
      // It stands at 3: what is behind 8 is read in its turn.
      { status: 409, json: { code: 'REWIND_EMPTY' } },
    ]);
    await instance.close();
    const cutOff = test.start(group, [topic], { before: '9' });
    await eventually(() => cutOff.handled).toEqual(upTo(4, 8));
    const progress = (): Promise<unknown> => test.get(`/v1/streams/rewinds/${first.json.id ?? ''}`);
    await eventually(progress).toMatchObject({ records: 3, left: 2, done: false });
    await cutOff.close();
    const next = test.start(group, [topic]);
    await eventually(() => next.handled).toEqual(upTo(9, 10));
    await eventually(progress).toMatchObject({ left: 0, done: true });
    await eventually(() => test.positionsIn(group, topic)).toEqual([{ next: 10 }]);
  });
});

describe('a rewind that is refused', () => {
  it('changes nothing: a caller without the permission, no reason, no such stream or topic, one without a group, nothing to read, no signature', async () => {
    const { topic, middle } = await aReadStream();
    const before = await test.state();
    const good = { from: middle, reason };
    const refusals = [
      await rewind(good, { token: await test.token('read') }),
      await rewind({ from: middle }),
      await rewind({ ...good, offsets: [{ topic, partition: 0, offset: '1' }] }),
      await rewind(good, { stream: 'nothing' }),
      await rewind(good, { stream: 'registry' }),
      await rewind(good, { stream: 'registry.state' }),
      await rewind({ ...good, topics: ['practice.routing'] }),
      await rewind({ offsets: [{ topic, partition: 7, offset: '1' }], reason }),
      await rewind({ from: await laterThan(topic), reason }),
      await rewind({ offsets: [{ topic, partition: 0, offset: '10' }], reason }),
    ];
    expect(refusals.map(({ status, json }) => [status, json.code])).toEqual([
      [403, 'SCOPE_MISSING'],
      [400, 'REQUEST_INVALID'],
      [400, 'REQUEST_INVALID'],
      [404, 'STREAM_UNKNOWN'],
      [409, 'STREAM_NOT_REWINDABLE'],
      [409, 'STREAM_NOT_REWINDABLE'],
      [422, 'STREAM_TOPIC_UNKNOWN'],
      [422, 'STREAM_TOPIC_UNKNOWN'],
      [409, 'REWIND_EMPTY'],
      [409, 'REWIND_EMPTY'],
    ]);
    expect(refusals[3]?.json.detail).toContain('spec');
    test.keyIsAway = true;
    const unsigned = await rewind(good);
    test.keyIsAway = false;
    expect(unsigned).toMatchObject({ status: 503, json: { code: 'SIGNING_KEY_UNAVAILABLE' } });
    expect(await test.state()).toEqual(before);
  });

  it('names the earliest time, where the topic has lost records, and goes there', async () => {
    const { topic, middle, instance } = await aReadStream();
    await test.forget(topic, 5);
    const early = await rewind({ from: new Date(Date.parse(middle) - 60_000).toISOString(), reason });
    expect(early).toMatchObject({ status: 422, json: { code: 'REWIND_BEFORE_RETENTION' } });
    const { earliest } = early.json.details as { readonly earliest: string };
    expect(Date.parse(earliest)).toBeGreaterThan(Date.parse(middle));
    const gone = await rewind({ offsets: [{ topic, partition: 0, offset: '4' }], reason });
    expect(gone.json).toMatchObject({ code: 'REWIND_BEFORE_RETENTION', details: { earliestOffset: '5' } });
    expect((await rewind({ from: earliest, reason })).json).toMatchObject({ records: 5, oldest: earliest });
    await eventually(() => instance.handled.slice(10)).toEqual(upTo(6, 10));
  });
});
