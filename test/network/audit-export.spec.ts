import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, describe, expect, inject, it } from 'vitest';
import { PROJECT } from '../support/command-line.ts';
import { TestNetwork } from '../support/network.ts';
import { until, WITHIN_MS } from '../support/until.ts';

const network = TestNetwork.at(inject('home'));
const scratch = await mkdtemp(join(tmpdir(), 'audit-export-'));
afterAll(() => rm(scratch, { recursive: true, force: true }));

interface Report {
  readonly verdict: string;
  readonly log: { readonly size: number };
  readonly continues: readonly { readonly size: number }[];
  readonly witnesses: { readonly by: readonly unknown[] };
  readonly counts: { readonly leaves: Record<string, number>; readonly documents: number };
  readonly findings: { readonly listed: readonly unknown[] };
}

/** On a machine that has the folder and the keys, and nothing of the network. */
async function offline(
  ...args: string[]
): Promise<{ readonly code: number | null; readonly report: Report }> {
  const main = join(PROJECT, 'dist/apps/cli/src/main.js');
  const child = spawn(process.execPath, [main, 'audit', 'verify', ...args, '--json'], {
    cwd: scratch,
    env: { PATH: process.env['PATH'], HOME: scratch },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [code, out, err] = await Promise.all([
    new Promise<number | null>((resolve) => child.once('close', resolve)),
    text(child.stdout),
    text(child.stderr),
  ]);
  if (out === '') throw new Error(err);
  return { code, report: JSON.parse(out) as Report };
}

describe('the log of a running network', () => {
  it('is exported, verified elsewhere with keys alone, and continued by the next export', async () => {
    const policy = join(scratch, 'witnesses.policy');
    await until('the log is witnessed', WITHIN_MS, async () => {
      const { code } = await network.hub('audit', 'witnesses', '--policy', policy);
      return code === 0 || undefined;
    });
    const { pki } = await network.file();
    const copy = join(scratch, 'copy');
    const exported = await network.json<{ size: number; archive: { documents: number } }>(
      'audit',
      'export',
      '--to',
      copy,
    );
    expect(exported.archive.documents).toBe(exported.size);
    const keys = ['--policy', policy, '--root', pki.fingerprint];
    const { code, report } = await offline(copy, ...keys);
    expect(report.findings.listed).toEqual([]);
    expect([code, report.verdict, report.log.size]).toEqual([0, 'verified', exported.size]);
    expect(report.counts.documents).toBe(exported.size);
    expect(Object.keys(report.counts.leaves)).toEqual(
      expect.arrayContaining(['event', 'decision', 'receipt']),
    );
    expect(report.witnesses.by.length).toBeGreaterThan(0);

    const again = await network.json<{ size: number }>('audit', 'export', '--to', copy, '--newest');
    const second = await offline(copy, ...keys.slice(2), '--vkey', (await network.file()).log.vkey);
    expect(second.report.continues).toEqual([{ from: 'the last verification', size: exported.size }]);
    expect([second.code, second.report.log.size]).toEqual([0, again.size]);

    const tile = join(copy, `tile/0/${again.size >= 256 ? '000' : `000.p/${again.size}`}`);
    const bytes = await readFile(tile);
    await writeFile(tile, bytes.fill(0, 0, 32));
    expect((await offline(copy, ...keys)).code).toBe(1);
    // Six processes, one after the other: a minute on a busy machine.
  });
});
