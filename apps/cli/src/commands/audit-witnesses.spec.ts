import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  cosigner,
  emptyRoot,
  formatForkEvidence,
  leafHash,
  noteSigner,
  parseNote,
  parsePolicy,
  signCheckpoint,
} from '#tlog';
import { cli, homeWith, standIns, type Reply } from '../cli.fixture.ts';

const ORIGIN = 'log.example/test';
const ID = '0199b1c2-3d4e-7f00-8a1b-2c3d4e5f6071';
const key = noteSigner(ORIGIN, Buffer.alloc(32, 1));
const node = standIns();
const witnesses = ['c_d150', 'p_cr'].map((ipa, i) =>
  cosigner(`${ORIGIN}/witness/${ipa}`, Buffer.alloc(32, 10 + i)),
);
const checkpoint = signCheckpoint({ origin: ORIGIN, size: 1, root: leafHash(Buffer.from('a')) }, key);

/** The checkpoint with the cosignatures of the first so many. */
function cosigned(count: number): Buffer {
  const { text } = parseNote(checkpoint);
  const lines = witnesses.slice(0, count).map((witness) => {
    const { name, keyId, signature } = witness.cosign(text, 1_700_000_000);
    return `— ${name} ${Buffer.concat([keyId, signature]).toString('base64')}\n`;
  });
  return Buffer.concat([checkpoint, Buffer.from(lines.join(''))]);
}

const standing = {
  origin: ORIGIN,
  size: 1,
  signedBy: ['c_d150', 'p_cr'],
  shownSize: 1,
  required: 2,
  members: 2,
  witnessed: { size: 1, at: '2026-03-04T09:00:00.000Z', ageSeconds: 3.2 },
  unwitnessedSince: null,
  witnesses: ['c_d150', 'p_cr'].map((holder) => ({
    holder,
    vkey: 'k',
    cosignedSize: 1,
    cosignedAt: '2026-03-04T09:00:00.000Z',
    silentSince: null,
    code: null,
  })),
  contradictions: [],
};

const finding = {
  id: ID,
  log: ORIGIN,
  kind: 'two-roots',
  earlierSize: 1,
  laterSize: 1,
  foundAt: '2026-03-04T09:00:00.000Z',
  times: 2,
  settledAt: null,
  acknowledgedAt: null,
};

interface Told {
  readonly standing?: object;
  readonly witnessed?: Reply;
  readonly findings?: readonly object[];
}

async function home({ standing: other = {}, witnessed, findings = [] }: Told = {}): Promise<string> {
  const auditor = await node(({ path }) =>
    path === '/v1/witnesses' ? { json: { ...standing, ...other } } : (witnessed ?? { bytes: cosigned(2) }),
  );
  const member = await node(({ path, method }) => {
    if (path === '/v1/witness') return { json: { vkey: 'k', findings } };
    if (method === 'POST') return { json: {} };
    const evidence = formatForkEvidence({
      kind: 'two-roots',
      first: checkpoint,
      second: signCheckpoint({ origin: ORIGIN, size: 1, root: emptyRoot() }, key),
    });
    return {
      json: { ...finding, earlier: checkpoint.toString(), later: 'x', evidence: evidence.toString() },
    };
  });
  const urls = { auditor: auditor.url, c_d150: member.url, p_cr: 'http://127.0.0.1:9' };
  const made = await homeWith(urls, { log: { origin: ORIGIN, vkey: key.verifier.vkey } });
  const file = join(made, 'network.json');
  const network = JSON.parse(await readFile(file, 'utf8')) as { members: object[] };
  const members = network.members.map((one, i) => ({ ...one, witness: witnesses[i]?.verifier.vkey }));
  await writeFile(file, JSON.stringify({ ...network, members }));
  return made;
}

describe('audit witnesses', { timeout: 60_000 }, () => {
  it('checks here that enough witnesses have cosigned, with keys that did not come from the log', async () => {
    const policy = join(await mkdtemp(join(tmpdir(), 'policy-')), 'policy');
    const folder = await home();
    const { code, out } = await cli(['audit', 'witnesses', '--policy', policy, '--json', '--home', folder]);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      checked: { size: 1, by: [{ name: `${ORIGIN}/witness/c_d150`, time: '2023-11-14T22:13:20.000Z' }, {}] },
      log: { size: 1 },
      unreachable: [{ authority: 'p_cr', code: 'NODE_UNREACHABLE' }],
    });
    expect(parsePolicy(await readFile(policy)).witnesses).toHaveLength(2);
    const inWords = (await cli(['audit', 'witnesses', '--home', folder])).out;
    expect(inWords).toContain('1 witnessed 3 s ago; 2 of 2 witnesses signed the last one shown, 2 needed');
  });

  it('is 1 when a checkpoint lacks cosignatures, whatever the auditor says', async () => {
    const folder = await home({ witnessed: { bytes: cosigned(1) } });
    const { code, out } = await cli(['audit', 'witnesses', '--json', '--home', folder]);
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ error: { code: 'LOG_NOT_WITNESSED' } });
  });

  it('is 1 when nothing is witnessed, a witness has refused, or the log stands still', async () => {
    const notReady = { status: 503, json: { code: 'LOG_NOT_READY', detail: 'none' } };
    const stopped = {
      witness: 'p_cr',
      code: 'LOG_ROLLED_BACK',
      theirsSize: 9,
      oursSize: 1,
      foundAt: '2026-03-04T09:00:00.000Z',
    };
    const told: Told[] = [
      { witnessed: notReady, standing: { witnessed: null } },
      { findings: [finding] },
      { standing: { contradictions: [stopped] } },
      { findings: [{ ...finding, acknowledgedAt: finding.foundAt }] },
    ];
    const ran = await Promise.all(
      told.map(async (one) => cli(['audit', 'witnesses', '--home', await home(one)])),
    );
    expect(ran.map(({ code }) => code)).toEqual([1, 1, 1, 0]);
    expect(ran[1]?.out).toMatch(/c_d150 +two-roots +1 \/ 1 .* open +/);
    expect(ran[2]?.out).toContain('LOG_ROLLED_BACK: since 2026-03-04T09:00:00.000Z the log stands still');
  });
});

describe('audit finding and fork', { timeout: 60_000 }, () => {
  it('write the evidence, and convict the log with it and its key alone', async () => {
    const file = join(await mkdtemp(join(tmpdir(), 'fork-')), 'fork.json');
    const folder = await home();
    const at = ['--at', 'c_d150', '--json', '--home', folder];
    const shown = await cli(['audit', 'finding', ID, '--out', file, '--acknowledge', ...at]);
    expect(shown.code).toBe(0);
    const fork = ['audit', 'fork', file, '--vkey', key.verifier.vkey, '--json'];
    const { code, out } = await cli(fork);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ proven: true, kind: 'two-roots', log: ORIGIN });
    const other = noteSigner(ORIGIN, Buffer.alloc(32, 5)).verifier.vkey;
    const foreign = await cli(['audit', 'fork', file, '--vkey', other, '--json']);
    expect(foreign.code).toBe(1);
    expect(JSON.parse(foreign.out)).toMatchObject({ error: { code: 'LOG_KEY_UNKNOWN' } });
  });
});
