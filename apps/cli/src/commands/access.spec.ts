import { createHash } from 'node:crypto';
import { ACCESS_ANCHORED, anchorDetails, parseEventId, parseSha256, type OperatorAction } from '#contracts';
import { signActions } from '#evidence';
import { aNetwork } from '#testing';
import {
  canonicalAccess,
  formatProof,
  hashesOf,
  inclusionProof,
  leafHash,
  logEntry,
  merkleRoot,
  noteSigner,
  signCheckpoint,
} from '#tlog';
import { describe, expect, it } from 'vitest';
import { homeWith, standIns } from '../cli.fixture.ts';
import { runCli } from '../run-cli.ts';

const [ID, ANCHOR] = ['0199b1c2-3d4e-7f00-8a1b-2c3d4e5f6071', '0199b1c2-3d4e-7f00-8a1b-2c3d4e5f6072'];
const PRACTICE = { owner: 'c_d150', uuid: '7c9e6679-7425-40de-944b-e07fc1f90ae7' };
const TIME = '2026-03-04T09:00:00.000Z';
const ORIGIN = 'log.example/test';
const log = noteSigner(ORIGIN, Buffer.alloc(32, 7));
const ITEM = Buffer.from('<SignedItem/>');
const SALT = Buffer.alloc(32, 1);
const node = standIns();

async function run(...args: string[]): Promise<{ code: number; out: string }> {
  let out = '';
  const terminal = { out: (text: string) => void (out += text), error: () => undefined };
  return { code: await runCli(args, terminal, {}), out };
}

const shown = {
  ...{ id: ID, at: TIME, per: 'read', purpose: 'prot. 12/2026' },
  what: { kind: 'practice', practice: PRACTICE, id: null },
  by: { kind: 'operator', tokenId: ANCHOR, label: 'portal', operator: 'u-417', reference: 'ab'.repeat(32) },
  anchor: { id: ANCHOR, index: 1 },
};

function accessOf(id: string): Buffer {
  const purpose = createHash('sha256').update(SALT).update('prot. 12/2026').digest('hex');
  const by = { kind: 'operator', reference: 'ab'.repeat(32) };
  return canonicalAccess({ id, node: 'c_d150', time: TIME, by, per: 'read', what: shown.what, purpose });
}

/** Three accesses of a minute; the second is asked for. */
const minute = [accessOf(ANCHOR), accessOf(ID), accessOf(ANCHOR)];
const proof = {
  ...shown,
  entry: accessOf(ID).toString('base64'),
  purposeSalt: SALT.toString('base64'),
  index: 1,
  hashes: inclusionProof(1, 3, hashesOf(minute.map(leafHash))).map((hash) => hash.toString('base64')),
  node: 'c_d150',
  item: ITEM.toString('base64'),
};

/** What the log answers about the anchor: a leaf of its own, alone in the tree. */
function anchorProof(root = merkleRoot(minute)) {
  const { bytes, hash } = logEntry({
    kind: 'access',
    author: 'c_d150',
    eventId: ANCHOR,
    practice: null,
    position: null,
    type: 'access.anchored',
    time: TIME,
    sha256: createHash('sha256').update(ITEM).digest('hex'),
    root: root.toString('base64'),
    size: 3,
    from: TIME,
    to: TIME,
  });
  const checkpoint = signCheckpoint({ origin: ORIGIN, size: 1, root: hash }, log);
  const tlogProof = formatProof({ extra: bytes, index: 0, hashes: [], checkpoint }).toString();
  return { entry: bytes.toString('base64'), tlogProof };
}

/** What an auditor answers that is older than the kind: the leaf of any action, and nothing of kind `access`. */
function plainProof(item: Buffer) {
  const { bytes, hash } = logEntry({
    ...{ kind: 'action', author: 'c_d150', eventId: ANCHOR, practice: null, position: null },
    ...{ type: ACCESS_ANCHORED, time: TIME, outcome: 'anchored' },
    sha256: createHash('sha256').update(item).digest('hex'),
  });
  const checkpoint = signCheckpoint({ origin: ORIGIN, size: 1, root: hash }, log);
  const tlogProof = formatProof({ extra: bytes, index: 0, hashes: [], checkpoint }).toString();
  return { entry: bytes.toString('base64'), tlogProof };
}

/** The node's signed action that anchors the minute. */
async function signedAnchor(): Promise<Buffer> {
  const network = await aNetwork().founded();
  const action: OperatorAction = {
    ...{ version: '1.0', id: parseEventId(ANCHOR), kind: ACCESS_ANCHORED, node: 'c_d150', role: 'authority' },
    ...{ time: TIME, outcome: 'anchored', reason: null, record: null, event: null, practice: null },
    actors: [{ kind: 'node', reference: parseSha256('ab'.repeat(32)) }],
    set: { size: 3, root: merkleRoot(minute).toString('base64') },
    details: anchorDetails({ from: TIME, to: TIME }),
  };
  const { items } = await signActions([action], network.signerOf('c_d150'), network.clock.now());
  return items[0]!;
}

async function prove(told: object = proof, logged: object = anchorProof(), kind = 'access') {
  const authority = await node(() => ({ json: told }));
  const auditor = await node(({ query }) =>
    query['kind'] === kind
      ? { json: logged }
      : { status: 404, json: { code: 'PROOF_NOT_YET', detail: 'not yet' } },
  );
  const home = await homeWith(
    { c_d150: authority.url, auditor: auditor.url },
    { log: { origin: ORIGIN, vkey: log.verifier.vkey } },
  );
  const ran = await run('access', 'proof', ID, '--at', 'c_d150', '--wait', '0', '--json', '--home', home);
  return { ...ran, asked: [...authority.seen, ...auditor.seen].map(({ path }) => path) };
}

describe('access proof', () => {
  it('verifies the access under its minute, and the minute in the log', async () => {
    const { code, out, asked } = await prove();
    expect(JSON.parse(out)).toMatchObject({
      verified: true,
      access: { id: ID, purpose: 'prot. 12/2026' },
      anchor: { index: 0, size: 1, entry: { kind: 'access', size: 3 } },
    });
    expect(code).toBe(0);
    expect(asked).toEqual([`/v1/accesses/${ID}/proof`, `/v1/proofs/${ANCHOR}`]);
  });

  it('verifies it, too, where the auditor is older than the kind and has logged the anchor as any action', async () => {
    const item = await signedAnchor();
    const told = { ...proof, item: item.toString('base64') };
    const { code, out } = await prove(told, plainProof(item), 'action');
    expect([code, JSON.parse(out)]).toMatchObject([
      0,
      { verified: true, anchor: { entry: { kind: 'action' } } },
    ]);
    const other = { ...told, entry: accessOf(PRACTICE.uuid).toString('base64') };
    expect(JSON.parse((await prove(other, plainProof(item), 'action')).out)).toMatchObject({
      error: { code: 'LOG_INCLUSION_INVALID' },
    });
  });

  it.for<[string, object, object?]>([
    ['LOG_INCLUSION_INVALID', proof, anchorProof(Buffer.alloc(32, 9))],
    ['LOG_INCLUSION_INVALID', { ...proof, entry: accessOf(PRACTICE.uuid).toString('base64') }],
    ['PROOF_DISAGREES', { ...proof, purpose: 'curiosity' }],
    ['PROOF_DISAGREES', { ...proof, item: Buffer.from('<Other/>').toString('base64') }],
    [
      'PROOF_DISAGREES',
      { ...proof, index: 0, entry: minute[0]!.toString('base64'), hashes: hashesOfFirst() },
    ],
  ])('refuses with %s what is not what was anchored', async ([code, told, logged]) => {
    const ran = await prove(told, logged);
    expect(ran.code).toBe(1);
    expect(JSON.parse(ran.out)).toMatchObject({ error: { code } });
  });
});

describe('access list', () => {
  it('shows who has read what, when and why, by practice and time', async () => {
    const authority = await node(() => ({ json: { accesses: [shown], next: 'c2' } }));
    const home = await homeWith({ c_d150: authority.url });
    const wanted = ['--practice', PRACTICE.uuid, '--from', TIME];
    const { code, out } = await run('access', 'list', '--at', 'c_d150', ...wanted, '--home', home);
    expect(code).toBe(0);
    expect(out).toContain(`practice c_d150/${PRACTICE.uuid}`);
    expect(out).toMatch(/u-417, by portal .*prot\. 12\/2026/);
    expect(out).toContain('more: --after c2');
    expect(authority.seen[0]?.query).toEqual({ practice: PRACTICE.uuid, from: TIME, limit: '100' });
  });

  it('needs to be told of which node', async () => {
    const home = await homeWith({});
    expect((await run('access', 'list', '--home', home)).code).not.toBe(0);
  });
});

function hashesOfFirst(): string[] {
  return inclusionProof(0, 3, hashesOf(minute.map(leafHash))).map((hash) => hash.toString('base64'));
}
