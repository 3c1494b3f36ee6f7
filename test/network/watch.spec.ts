import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, inject, it } from 'vitest';
import { spawnHub } from '../support/command-line.ts';
import { TestNetwork } from '../support/network.ts';
import { until, WITHIN_MS } from '../support/until.ts';

const network = TestNetwork.at(inject('home'));
const state = await mkdtemp(join(tmpdir(), 'watch-'));
afterAll(() => rm(state, { recursive: true, force: true }));

interface Round {
  readonly verdict: string;
  readonly log: { readonly size: number };
  readonly verified: { readonly from: number; readonly to: number; readonly now: number };
  readonly counts: { readonly leaves: Record<string, number>; readonly documents: number };
  readonly witnessed: { readonly size: number } | null;
  readonly alarms: readonly { readonly code: string; readonly message: string }[];
}

describe('the log of a running network, watched', () => {
  it('is well: every leaf and document is verified, and after kill -9 the monitor goes on from there', async () => {
    const child = spawnHub(network.home, ['audit', 'watch', '--state', state, '--every', '1s', '--json']);
    let printed = '';
    child.stdout?.on('data', (bytes: Buffer) => (printed += bytes.toString()));
    const [line] = await until('a first round', WITHIN_MS, () => {
      const lines = printed.split('\n');
      return Promise.resolve(lines.length > 1 ? lines : undefined);
    });
    const first = JSON.parse(line ?? '') as Round;
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('exit', resolve));
    expect(first.alarms).toEqual([]);
    expect(first).toMatchObject({ verdict: 'well', verified: { from: 0, to: first.log.size } });
    expect(first.counts.documents).toBe(first.log.size);
    const again = await until('the next one has the folder', WITHIN_MS, () =>
      network.json<Round>('audit', 'watch', '--once', '--state', state),
    );
    expect(again.alarms).toEqual([]);
    expect(again.verified.to - again.verified.now).toBeGreaterThanOrEqual(first.log.size);
    expect(again.witnessed?.size).toBeGreaterThan(0);
  });
});

interface Compared {
  readonly verdict: string;
  readonly partitions: readonly { readonly topic: string; readonly inLog: number; readonly extra: number }[];
  readonly topics: readonly { readonly topic: string; readonly leaves: number; readonly missing: number }[];
  readonly findings: { readonly listed: readonly unknown[] };
}

describe('the topics of a running network', () => {
  it('hold what the log says, and nothing else: copies, too', async () => {
    const ran = await network.hub('audit', 'import', '--from-kafka', '--copies', '--json');
    const report = JSON.parse(ran.stdout) as Compared;
    expect(report.findings.listed).toEqual([]);
    expect(ran.code).toBe(0);
    const seen = new Set(report.partitions.filter(({ inLog }) => inLog > 0).map(({ topic }) => topic));
    expect([...seen]).toEqual(
      expect.arrayContaining(['practice.routing', 'practice.receipts', 'registry.state']),
    );
    expect([...seen].some((topic) => topic.startsWith('practice.inbox.'))).toBe(true);
  });
});
