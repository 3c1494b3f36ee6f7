import { describe, expect, it } from 'vitest';
import { homeWith, standIns, type Seen } from '../cli.fixture.ts';
import { runCli } from '../run-cli.ts';

const ID = '0199b1c2-3d4e-7f00-8a1b-2c3d4e5f6071';
const INBOX = 'practice.inbox.p_cr';
const TIME = '2026-03-04T09:00:00Z';
const node = standIns();

async function run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ['', ''];
  const terminal = { out: (text: string) => void (out += text), error: (text: string) => void (err += text) };
  return { code: await runCli(args, terminal, {}), out, err };
}

const rewound = {
  ...{ id: ID, action: ID, stream: 'inbox', from: TIME, oldest: null, records: 5 },
  places: [{ topic: INBOX, partition: 0, stood: '10', back: '5', records: 5 }],
};
const progress = (left: number): object => ({
  ...{ id: ID, stream: 'inbox', from: TIME, askedAt: TIME, action: ID, records: 5, left, done: left === 0 },
  places: [],
});

/** A Provincia whose rewind has so much left, each time that it is asked. */
async function provinceWith(lefts: readonly number[], asked: (times: number) => void = () => undefined) {
  let times = 0;
  const province = await node(({ method, path }) => {
    if (method === 'POST') return { status: 202, json: rewound };
    if (path !== `/v1/streams/rewinds/${ID}`) return undefined;
    times += 1;
    asked(times);
    return { json: progress(lefts[times - 1] ?? lefts.at(-1) ?? 0) };
  });
  return { province, home: await homeWith({ p_cr: province.url }) };
}

const bodyOf = ({ body }: Seen): unknown => JSON.parse(body.toString());
const rewind = (home: string, ...more: string[]): string[] => [
  ...['streams', 'rewind', 'inbox', '--at', 'p_cr', '--home', home, ...more],
];

describe('streams rewind', () => {
  it('asks for it with the reason and watches until everything was handled again', async () => {
    const { province, home } = await provinceWith([5, 2, 0]);
    const ran = await run(
      ...rewind(home, '--from', TIME, '--reason', 'a row was lost', '--idempotency-key', 'k'),
    );
    expect(ran).toMatchObject({ code: 0, out: expect.stringMatching(/^read again +5\nleft +0$/m) as string });
    const [first] = province.seen;
    expect(first).toMatchObject({ path: '/v1/streams/inbox/rewind', idempotencyKey: 'k' });
    expect(bodyOf(first!)).toEqual({ from: TIME, reason: 'a row was lost' });
    expect(province.seen).toHaveLength(4);
  });

  it('only tells what it would do with --dry-run, and needs no reason for it', async () => {
    const dry = { ...rewound, id: null, action: null, oldest: '2026-01-01T00:00:00.000Z' };
    const province = await node(() => ({ json: dry }));
    const home = await homeWith({ p_cr: province.url });
    const { code, out } = await run(...rewind(home, '--from', TIME, '--dry-run'));
    expect([code, out]).toEqual([0, expect.stringContaining('2026-01-01T00:00:00.000Z')]);
    expect(out).toMatch(/practice\.inbox\.p_cr +0 +5 +10 +5/);
    expect(bodyOf(province.seen[0]!)).toEqual({ from: TIME, dryRun: true });
    const told = await run(...rewind(home, '--from', TIME, '--dry-run', '--json'));
    expect(JSON.parse(told.out)).toEqual(dry);
  });

  it('goes by places or topics, too', async () => {
    const { province, home } = await provinceWith([0]);
    await run(...rewind(home, '--offset', `${INBOX}/0:7`, '--offset', `${INBOX}/1:0`, '--reason', 'why'));
    await run(...rewind(home, '--from', TIME, '--topic', INBOX, '--reason', 'why'));
    const posts = province.seen.filter(({ method }) => method === 'POST').map(bodyOf);
    expect(posts).toEqual([
      {
        offsets: [
          { topic: INBOX, partition: 0, offset: '7' },
          { topic: INBOX, partition: 1, offset: '0' },
        ],
        reason: 'why',
      },
      { from: TIME, topics: [INBOX], reason: 'why' },
    ]);
  });

  it('ends the watching with Ctrl-C and says that the node goes on; code 1, for it is not through', async () => {
    const { home } = await provinceWith([5, 4], (times) => {
      if (times === 2) process.emit('SIGINT');
    });
    const ran = await run(...rewind(home, '--from', TIME, '--reason', 'why'));
    expect(ran).toMatchObject({
      code: 1,
      out: expect.stringMatching(/left +4: it goes on at the node/) as string,
    });
    expect(process.listenerCount('SIGINT')).toBe(0);
  });

  it('passes on what the node refuses, with the earliest time', async () => {
    const earliest = '2026-03-01T00:00:00.000Z';
    const province = await node(() => ({
      status: 422,
      json: {
        code: 'REWIND_BEFORE_RETENTION',
        detail: `the earliest time is ${earliest}`,
        details: { earliest },
      },
    }));
    const home = await homeWith({ p_cr: province.url });
    const ran = await run(...rewind(home, '--from', TIME, '--reason', 'why', '--json'));
    expect(ran.code).toBe(1);
    expect(JSON.parse(ran.out)).toMatchObject({
      error: { code: 'REWIND_BEFORE_RETENTION', details: { earliest } },
    });
  });

  it.each([
    [[], /--from/],
    [['--at', 'registry', '--from', TIME, '--reason', 'why'], /the registry reads no streams/],
    [['--from', 'yesterday', '--reason', 'why'], /a time such as/],
    [['--from', TIME], /--reason/],
    [['--from', TIME, '--offset', `${INBOX}/0:7`, '--reason', 'why'], /either a time or --offset/],
    [['--offset', 'inbox', '--reason', 'why'], /a place such as/],
  ])('written %j is wrong usage, and says how it should be', async (args, how) => {
    const { code, err } = await run(...rewind('/nowhere', ...args));
    expect([code, err]).toEqual([2, expect.stringMatching(how)]);
  });
});

describe('streams list and rewinds', () => {
  it('tell of every node how its streams stand, of those that are away that they are', async () => {
    const places = [{ topic: INBOX, partition: 0, position: '7', end: '9', behind: 2 }];
    const province = await node(({ path }) =>
      path === '/v1/streams/rewinds'
        ? { json: { rewinds: [progress(3)] } }
        : {
            json: {
              at: 'p_cr',
              streams: [{ stream: 'inbox', state: 'reading', code: null, behind: 2, places }],
              apart: [{ stream: 'registry', topics: ['registry.state'], why: 'is read apart' }],
            },
          },
    );
    const home = await homeWith({ p_cr: province.url });
    const { code, out } = await run('streams', 'list', '--home', home);
    expect(code).toBe(0);
    expect(out).toMatch(/^p_cr +inbox +reading +2 +practice\.inbox\.p_cr$/m);
    expect(out).toMatch(/^p_cr +registry +cannot be taken back/m);
    expect(out).toContain('router could not be asked: NODE_UNREACHABLE');
    const listed = await run('streams', 'rewinds', '--at', 'p_cr', '--home', home);
    expect(listed.out).toMatch(/^2026-03-04T09:00:00Z +inbox +2026-03-04T09:00:00Z +5 +3 /m);
    expect((await run('streams', 'list', '--at', 'router', '--home', home)).code).toBe(1);
  });
});
