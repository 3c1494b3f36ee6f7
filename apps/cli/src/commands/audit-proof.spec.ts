import { createHash } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import {
  formatProof,
  inclusionProof,
  logEntry,
  noteSigner,
  signCheckpoint,
  type ActionEntry,
  type EventEntry,
  type RegistryChangeEntry,
} from '#tlog';
import { cli, homeWith, StandIn, type Reply } from '../cli.fixture.ts';

const EVENT = '0199b1c2-3d4e-7f00-8a1b-2c3d4e5f6071';
const PRACTICE = '7c9e6679-7425-40de-944b-e07fc1f90ae7';
const ORIGIN = 'log.example/test';
const BYTES = Buffer.from('<Event/>');
const log = noteSigner(ORIGIN, Buffer.alloc(32, 7));
const entry: EventEntry = {
  kind: 'event',
  author: 'c_d150',
  eventId: EVENT,
  practice: { owner: 'c_d150', uuid: PRACTICE },
  position: null,
  type: 'practice.filed',
  time: '2026-03-04T09:00:00.000Z',
  sha256: createHash('sha256').update(BYTES).digest('hex'),
};

/** A log of two leaves, and its answer about the first. */
function proofOf(first: EventEntry | ActionEntry | RegistryChangeEntry, signer = log): Reply {
  const leaf = logEntry(first);
  const hashes = [leaf.hash, logEntry({ ...first, eventId: `${first.eventId.slice(0, -1)}9` }).hash];
  const path = inclusionProof(0, 2, (level, index) => (level === 0 ? hashes[index] : undefined));
  const root = createHash('sha256')
    .update(Buffer.concat([Buffer.from([1]), ...hashes]))
    .digest();
  const checkpoint = signCheckpoint({ origin: ORIGIN, size: 2, root }, signer);
  const tlogProof = formatProof({ extra: leaf.bytes, index: 0, hashes: path, checkpoint }).toString();
  return { json: { entry: leaf.bytes.toString('base64'), tlogProof } };
}

const servers: StandIn[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function prove(proof: Reply, held: Buffer = BYTES): ReturnType<typeof cli> {
  const auditor = await new StandIn(() => proof).listen();
  const detail = {
    cui: 'c_d150/2026/000001',
    practiceId: PRACTICE,
    owner: 'c_d150',
    procedure: 'p',
    state: 's',
    eventId: EVENT,
    part: 'owner',
    filedAt: entry.time,
    position: 1,
  };
  const author = await new StandIn(({ path }) => {
    if (path === '/v1/practices') return { json: { practices: [detail], next: null } };
    if (path.endsWith(`/events/${EVENT}`)) return { bytes: held };
    const event = {
      eventId: EVENT,
      author: 'c_d150',
      type: entry.type,
      position: 1,
      status: 'accepted',
      outOfFlow: false,
      at: entry.time,
    };
    return {
      json: { ...detail, events: [event], participants: [], tasks: [], documents: { total: 0, complete: 0 } },
    };
  }).listen();
  servers.push(auditor, author);
  const home = await homeWith(
    { c_d150: author.url, auditor: auditor.url },
    { log: { origin: ORIGIN, vkey: log.verifier.vkey } },
  );
  return await cli(['audit', 'proof', EVENT, '--wait', '0', '--json', '--home', home]);
}

describe('audit proof', { timeout: 30_000 }, () => {
  it('verifies inclusion and checkpoint with the key of network.json, and compares the bytes an authority holds', async () => {
    const { code, out } = await prove(proofOf(entry));
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      eventId: EVENT,
      verified: true,
      index: 0,
      size: 2,
      signedBy: [ORIGIN],
      bytes: { compared: true, at: 'c_d150', sha256: entry.sha256 },
      proof: expect.stringContaining('c2sp.org/tlog-proof@v1') as string,
    });
  });

  it.for<[string, Reply, Buffer?]>([
    ['LOG_KEY_UNKNOWN', proofOf(entry, noteSigner(ORIGIN, Buffer.alloc(32, 8)))],
    ['PROOF_DISAGREES', proofOf({ ...entry, eventId: EVENT.replace('6071', '6077') })],
    ['PROOF_DISAGREES', proofOf(entry), Buffer.from('<Event>other</Event>')],
    ['PROOF_NOT_YET', { status: 404, json: { code: 'PROOF_NOT_YET', detail: 'not yet' } }],
  ])('refuses with %s and code 1', async ([code, proof, held]) => {
    const ran = await prove(proof, held);
    expect(ran.code).toBe(1);
    expect(JSON.parse(ran.out)).toMatchObject({ error: { code } });
  });

  it('refuses a proof that leads to another leaf', async () => {
    const { json } = proofOf(entry) as { json: { entry: string; tlogProof: string } };
    const other = logEntry({ ...entry, position: 1 }).bytes.toString('base64');
    const { code, out } = await prove({ json: { ...json, entry: other } });
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ error: { code: 'LOG_INCLUSION_INVALID' } });
  });
});

describe('audit proof of an operator’s action', { timeout: 60_000 }, () => {
  it('verifies its leaf, and compares the signed item that the node holds', async () => {
    const item = Buffer.from('<SignedItem/>');
    const action: ActionEntry = {
      kind: 'action',
      author: 'router',
      eventId: EVENT,
      practice: null,
      position: null,
      type: 'quarantine.discarded',
      time: entry.time,
      sha256: createHash('sha256').update(item).digest('hex'),
      outcome: 'discarded',
    };
    const auditor = await new StandIn(() => proofOf(action)).listen();
    const router = await new StandIn(() => ({ json: { item: item.toString('base64') } })).listen();
    servers.push(auditor, router);
    const home = await homeWith(
      { auditor: auditor.url, router: router.url },
      { log: { origin: ORIGIN, vkey: log.verifier.vkey } },
    );
    const prove = ['audit', 'proof', EVENT, '--wait', '0', '--json', '--home', home];
    const [{ code, out }, asEvent] = await Promise.all([cli([...prove, '--kind', 'action']), cli(prove)]);
    expect(code).toBe(0);
    expect(auditor.seen.map(({ query }) => query['kind']).sort()).toEqual(['action', 'event']);
    expect(JSON.parse(out)).toMatchObject({
      verified: true,
      entry: { kind: 'action', type: 'quarantine.discarded' },
      bytes: { compared: true, at: 'router' },
    });
    expect(asEvent.code).toBe(1);
  });
});

describe('audit proof of a change of the registry', { timeout: 60_000 }, () => {
  it('is asked for by the entry’s number, and compares the bytes that the registry holds', async () => {
    const bytes = Buffer.from('<RegistryEntry/>');
    const change: RegistryChangeEntry = {
      kind: 'registry',
      author: 'registry',
      eventId: '72656769-7374-8000-8000-000000000011',
      practice: null,
      position: 17,
      type: 'certificate.published',
      time: entry.time,
      sha256: createHash('sha256').update(bytes).digest('hex'),
    };
    const auditor = await new StandIn(() => proofOf(change)).listen();
    const registry = await new StandIn(() => ({ bytes })).listen();
    servers.push(auditor, registry);
    const home = await homeWith(
      { auditor: auditor.url, registry: registry.url },
      { log: { origin: ORIGIN, vkey: log.verifier.vkey } },
    );
    const ran = await cli([
      'audit',
      'proof',
      '17',
      '--kind',
      'registry',
      '--wait',
      '0',
      '--json',
      '--home',
      home,
    ]);
    expect(ran.code).toBe(0);
    expect(auditor.seen.map(({ path }) => path)).toEqual([`/v1/proofs/${change.eventId}`]);
    expect(registry.seen.map(({ path }) => path)).toEqual(['/v1/entries/17']);
    expect(JSON.parse(ran.out)).toMatchObject({
      verified: true,
      entry: { kind: 'registry', position: 17, type: 'certificate.published' },
      bytes: { compared: true, at: 'registry' },
    });
  });
});
