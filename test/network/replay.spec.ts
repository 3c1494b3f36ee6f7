import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { TestNetwork, type Filed, type NetworkFile } from '../support/network.ts';
import { until, WITHIN_MS } from '../support/until.ts';

const FORM = 'contracts/catalogue/cremona/examples/edilizia.scia.xml';

interface Report {
  readonly practices: number;
  readonly events: number;
  readonly found: number;
  readonly nodes: readonly { readonly node: string; readonly compared: number; readonly failure: unknown }[];
  readonly findings: readonly {
    readonly code: string;
    readonly node: string | null;
    readonly event: { readonly author: string; readonly id: string } | null;
    readonly fields: readonly {
      readonly field: string;
      readonly held: unknown;
      readonly expected: unknown;
      readonly since: { readonly id: string; readonly position: number } | null;
    }[];
  }[];
}

describe('a replay of the running network’s log', () => {
  let network: TestNetwork;
  let file: NetworkFile;
  let filed: Filed;
  let act: string;

  beforeAll(async () => {
    network = TestNetwork.at(inject('home'));
    file = await network.file();
    filed = await network.json<Filed>(
      ...['practice', 'file', '--at', 'c_d150', '--procedure', 'edilizia.scia', '--form', FORM],
    );
    await until('the Provincia has it', WITHIN_MS, async () => {
      const { position } = await network.getJson<{ position: number }>(
        'p_cr',
        `/v1/practices/${filed.practiceId}`,
      );
      return position === 1 ? true : undefined;
    });
    const done = await network.json<{ eventId: string }>(
      ...[
        'practice',
        'act',
        filed.cui,
        '--at',
        'p_cr',
        '--type',
        'conclusion.issued',
        '--outcome',
        'favourable',
      ],
    );
    act = done.eventId;
    await until('the log and both nodes have both events', WITHIN_MS, async () => {
      const { code, report } = await replayed();
      return code === 0 && report.events === 2 && report.nodes.every(({ compared }) => compared < 2)
        ? true
        : undefined;
    });
  });

  async function replayed(): Promise<{ readonly code: number | null; readonly report: Report }> {
    const { code, stdout } = await network.hub(
      ...['audit', 'replay', '--practice', filed.cui, '--against-nodes', '--json'],
    );
    return { code, report: JSON.parse(stdout) as Report };
  }

  async function inDatabase(ipa: string, sql: string, params: readonly unknown[]): Promise<void> {
    const { database } = await network.member(ipa);
    const client = new pg.Client({ connectionString: database });
    await client.connect();
    try {
      await client.query(sql, [...params]);
    } finally {
      await client.end();
    }
  }

  /** Two of the nodes as somebody elsewhere writes them down. */
  async function nodesFile(): Promise<string> {
    const listed = ['c_d150', 'p_cr'].map(async (ipa) => {
      const { url, token } = await network.member(ipa);
      await writeFile(join(network.home, `${ipa}.token`), `${token}\n`);
      return { ipa, url, tokenFile: `${ipa}.token` };
    });
    const path = join(network.home, 'nodes.json');
    await writeFile(path, JSON.stringify(await Promise.all(listed)));
    return path;
  }

  it('agrees with what every participant holds', async () => {
    const { code, report } = await replayed();
    expect(code).toBe(0);
    expect(report).toMatchObject({ practices: 1, events: 2, found: 0 });
    expect(report.nodes.filter(({ compared }) => compared === 1).map(({ node }) => node)).toEqual(
      expect.arrayContaining(['c_d150', 'p_cr']),
    );
  });

  it('finds a field that was changed by hand in one authority’s database: who, which, since which event', async () => {
    const outcome = '{conclusions,0,outcome}';
    const change = 'update practice set state = jsonb_set(state, $1, to_jsonb($2::text)) where uuid = $3';
    await inDatabase('p_cr', change, [outcome, 'unfavourable', filed.practiceId]);
    try {
      const { code, report } = await replayed();
      expect(code).toBe(1);
      expect(report.findings).toMatchObject([
        {
          code: 'REPLAY_STATE_DIFFERS',
          node: 'p_cr',
          event: { author: 'p_cr', id: act },
          fields: [
            {
              field: 'conclusions[0].outcome',
              held: 'unfavourable',
              expected: 'favourable',
              since: { id: act, position: 2 },
            },
          ],
        },
      ]);
    } finally {
      await inDatabase('p_cr', change, [outcome, 'favourable', filed.practiceId]);
    }
  });

  it('gives practice, routing rules and trust list as they were before the act', async () => {
    const { decision } = await network.json<{ decision: { time: string } }>(
      ...['audit', 'explain', filed.eventId, '--json'],
    );
    const then = await network.json<{
      readonly practices: readonly {
        readonly state: { readonly position: number; readonly state: string };
      }[];
      readonly registry: { readonly rules: readonly object[]; readonly certificates: readonly object[] };
    }>(...['audit', 'replay', '--at', decision.time, '--practice', filed.practiceId, '--json']);
    expect(then.practices).toMatchObject([{ state: { position: 1, state: 'presented' } }]);
    expect(then.registry.rules.length).toBeGreaterThan(0);
    expect(then.registry.certificates.length).toBeGreaterThanOrEqual(file.members.length);
  });

  it('explains an event in words: by which rule it went to whom, and that they have received it', async () => {
    const { code, stdout } = await network.hub('audit', 'explain', filed.eventId);
    expect(code).toBe(0);
    expect(stdout).toMatch(/p_cr .*rule /);
    const received = /p_cr [^\n]*\d{4}-\d{2}-\d{2}T/;
    expect(stdout).toMatch(received);
    expect(stdout).toContain('Whom it did not go to');
    const later = await network.hub('audit', 'explain', act);
    expect(later.stdout).toContain(`chosen at the filing (position 1, event ${filed.eventId})`);
  });

  it('is made from an exported copy, too, and compared with nodes that a list names; says what its archive lacks, and reads nothing under another key', async () => {
    const copy = join(network.home, 'replayed-copy');
    const { vkey } = file.log;
    const { size } = await network.json<{ readonly size: number }>(
      'audit',
      'export',
      '--to',
      copy,
      '--newest',
    );
    const offline = [
      'audit',
      'replay',
      copy,
      '--practice',
      filed.practiceId,
      '--vkey',
      vkey,
      '--root',
      file.pki.fingerprint,
    ];
    const [served, copied] = [
      await network.json<{ readonly states: string }>('audit', 'replay', '--practice', filed.cui),
      await network.json<{ readonly states: string; readonly found: number }>(...offline),
    ];
    expect(copied).toMatchObject({ found: 0, states: served.states });
    const nodes = await nodesFile();
    const compared = await network.json<Report>(...offline, '--nodes', nodes);
    expect(compared.nodes).toMatchObject(
      ['c_d150', 'p_cr'].map((node) => ({ node, compared: 1, failure: null })),
    );
    const explained = await network.json<{ readonly opened: readonly object[] }>(
      ...['audit', 'explain', filed.eventId, '--in', copy, '--vkey', vkey, '--nodes', nodes],
    );
    expect(explained.opened).toContainEqual(expect.objectContaining({ node: 'p_cr', unknown: null }));
    const other = `${vkey.slice(0, -8)}AAAAAAA=`;
    expect((await network.hub('audit', 'replay', copy, '--vkey', other)).code).toBe(2);
    await rm(join(copy, 'archive'), { recursive: true });
    const { code, stdout } = await network.hub(...offline, '--json');
    const { findings } = JSON.parse(stdout) as Report;
    expect([code, size > 0]).toEqual([1, true]);
    expect(findings.map((one) => one.code)).toContain('REPLAY_BYTES_MISSING');
  });
});
