import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { ActionLog } from '#actions';
import { verifyAction } from '#evidence';
import { HealthRegistry, systemIds } from '#platform';
import { copyDatabase, freshDatabase } from '#testing';
import {
  leafHash,
  openCheckpoint,
  quorumPolicy,
  requireWitnessed,
  rootAt,
  signCheckpoint,
  verifyReceipt,
} from '#tlog';
import { LogInstance } from '../log-database.fixture.ts';
import { LogHealth } from '../log-health.ts';
import { ProveLeaf } from '../proofs/prove-leaf.ts';
import { anEvent, outboxRecord, SampleNetwork } from '../signed-samples.fixture.ts';
import { requireUncontradicted } from './contradictions.ts';
import { reportContradictions } from './report-contradictions.ts';
import { showWitnesses, witnessedNote, type WitnessesView } from './show-witnesses.ts';
import { healthOf } from './watch-witnesses.ts';
import { grow, logOf, partsOf, StandingClock } from './witnesses.fixture.ts';
import { WitnessNode } from './witness-nodes.fixture.ts';
import { Witnesses } from './witnesses.ts';

const network = await SampleNetwork.create();
await network.admit('auditor', 'auditor');
const clock = new StandingClock();
const closing: (() => unknown)[] = [];

let log: LogInstance;
let nodes: WitnessNode[];
let witnesses: Witnesses;
let seed = 0;

async function open(url: string, signer?: LogInstance['signer']): Promise<LogInstance> {
  const instance = await LogInstance.open(url, signer);
  closing.push(() => instance.close());
  return instance;
}

function witnessesOf(of: LogInstance): Witnesses {
  const made = new Witnesses(partsOf(of, network, nodes, { clock }));
  closing.push(() => made.close());
  return made;
}

beforeEach(async () => {
  log = await open(await freshDatabase());
  nodes = await Promise.all(
    ['c_d150', 'p_cr', 'c_d142'].map((ipa) => WitnessNode.start(network, logOf(log), ipa, (seed += 1))),
  );
  for (const node of nodes) {
    closing.push(() => {
      node.close();
    });
  }
  witnesses = witnessesOf(log);
});

afterAll(async () => {
  for (const close of closing.toReversed()) await close();
});

function view(of = log): Promise<WitnessesView> {
  return of.work.read((tx) => showWitnesses(tx, partsOf(of, network, nodes, { clock })));
}

async function bySelf(holder: string): Promise<WitnessesView['witnesses'][number]> {
  return (await view()).witnesses.find((witness) => witness.holder === holder)!;
}

const note = (of = log): Promise<Buffer> => of.work.run(witnessedNote);
const verifiers = () => nodes.map(({ key }) => key.verifier);

describe('the log’s witnesses', () => {
  it('cosign its checkpoints, and what is served can be checked with a policy alone', async () => {
    await expect(note()).rejects.toMatchObject({ code: 'LOG_NOT_READY' });
    for (const events of [3, 5]) {
      const size = await grow(log, network, events);
      await witnesses.round();
      const policy = quorumPolicy(log.signer.verifier, verifiers(), 3);
      expect(requireWitnessed(await note(), policy).checkpoint.size).toBe(size);
      expect(await view()).toMatchObject({
        size,
        signedBy: ['c_d142', 'c_d150', 'p_cr'],
        required: 2,
        witnessed: { size },
        unwitnessedSince: null,
      });
    }
    expect(healthOf(await view(), clock.now()).status).toBe('up');
  });

  it('stand under the proof of every leaf that they have cosigned: a receipt needs nobody’s word', async () => {
    const first = await network.event(anEvent());
    await log.takeIn(network).run('events', [outboxRecord(first)]);
    const size = await grow(log, network, 1);
    await witnesses.round();
    await grow(log, network, 2);
    const proof = await new ProveLeaf(log.work, log.accesses).run({ eventId: first.event.id, kind: 'event' });
    expect(proof.size).toBe(size);
    const policy = quorumPolicy(log.signer.verifier, verifiers(), 2);
    const leaf = leafHash(Buffer.from(proof.entry, 'base64'));
    verifyReceipt(Buffer.from(proof.tlogProof), leaf, policy);
    const younger = await network.event(anEvent());
    await log.takeIn(network).run('events', [outboxRecord(younger)]);
    const newest = await grow(log, network, 0);
    const fresh = await new ProveLeaf(log.work, log.accesses).run({
      eventId: younger.event.id,
      kind: 'event',
    });
    expect(fresh.size).toBe(newest);
  });

  it('are asked once for a checkpoint, and again only when their word has become old', async () => {
    await grow(log, network, 2);
    await witnesses.round();
    await witnesses.round();
    const submissions = (): number[] =>
      nodes.map(({ asked }) => asked.filter((path) => path.endsWith('add-checkpoint')).length);
    expect(submissions()).toEqual([1, 1, 1]);
    clock.forward(600_000);
    await witnesses.round();
    expect(submissions()).toEqual([2, 2, 2]);
  });

  it('are enough when they are a majority of the members: one that is away is told with since when', async () => {
    const size = await grow(log, network, 2);
    nodes[2]!.close();
    await witnesses.round();
    expect(await view()).toMatchObject({ witnessed: { size }, signedBy: ['c_d150', 'p_cr'] });
    expect(await bySelf('c_d142')).toMatchObject({ code: 'PEER_AWAY', silentSince: clock.now(), vkey: null });
    nodes[1]!.close();
    const larger = await grow(log, network, 1);
    await witnesses.round();
    const late = await view();
    expect(late).toMatchObject({ size: larger, witnessed: { size }, signedBy: ['c_d150'] });
    expect(late.unwitnessedSince).not.toBeNull();
    const later = healthOf(late, new Date(late.unwitnessedSince!.getTime() + 61_000));
    expect(later).toMatchObject({
      status: 'degraded',
      detail: expect.stringContaining('p_cr silent since') as string,
    });
    // A witness that rests is not asked at every round.
    const before = nodes[0]!.asked.length;
    await witnesses.round();
    expect(nodes[0]!.asked).toHaveLength(before);
  });

  it('that take their time keep neither the log nor the others waiting', async () => {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    nodes[0]!.lie = (path) =>
      path.endsWith('add-checkpoint') ? promise.then(() => ({ status: 503, body: '' })) : undefined;
    const size = await grow(log, network, 2);
    const round = witnesses.round();
    await expect.poll(async () => (await view()).witnessed?.size).toBe(size);
    const larger = await grow(log, network, 1);
    await witnesses.round();
    expect((await view()).witnessed?.size).toBe(larger);
    resolve(undefined);
    await round;
    expect(await bySelf('c_d150')).toMatchObject({ code: 'PEER_AWAY' });
  });

  it('that lost their memory, or changed their key, are met where they are', async () => {
    await grow(log, network, 3);
    await witnesses.round();
    nodes[0]!.state = null;
    nodes[1]!.key = (await WitnessNode.start(network, logOf(log), 'p_cr', (seed += 1))).key;
    await nodes[1]!.stateKey(network);
    const size = await grow(log, network, 2);
    await witnesses.round();
    expect(await view()).toMatchObject({ signedBy: ['c_d142', 'c_d150', 'p_cr'], shownSize: size });
    requireWitnessed(await note(), quorumPolicy(log.signer.verifier, verifiers(), 3));
  });

  it('that lie are silent, and stop nothing', async () => {
    const [liar] = nodes;
    const toSubmissions =
      (reply: () => { status: number; body: string }): WitnessNode['lie'] =>
      (path) =>
        path.endsWith('add-checkpoint') ? reply() : undefined;
    let turns = 0;
    const lies: [string, WitnessNode['lie'], string][] = [
      ['a size that it never saw', toSubmissions(() => ({ status: 409, body: '99999\n' })), 'PEER_REFUSED'],
      ['no size', toSubmissions(() => ({ status: 409, body: 'x' })), 'PEER_ANSWER_INVALID'],
      [
        'sizes in a circle',
        toSubmissions(() => ({ status: 409, body: `${(turns += 1) % 2}\n` })),
        'PEER_ANSWER_INVALID',
      ],
      ['that nothing fits', toSubmissions(() => ({ status: 422, body: '{}' })), 'PEER_REFUSED'],
      ['no cosignature', toSubmissions(() => ({ status: 200, body: 'yes\n' })), 'LOG_NOTE_MALFORMED'],
      [
        'a checkpoint of nobody’s',
        (path) =>
          path.endsWith('add-checkpoint')
            ? { status: 422, body: '{}' }
            : { status: 200, body: 'a\n1\nAAAA\n\n— b AAAA\n' },
        'PEER_ANSWER_INVALID',
      ],
    ];
    await grow(log, network, 2);
    await witnesses.round();
    for (const [what, lie, code] of lies) {
      liar!.lie = lie;
      const size = await grow(log, network, 1);
      clock.forward(600_000);
      await witnesses.round();
      const signedBy = ['c_d142', 'p_cr'];
      expect(await view(), what).toMatchObject({ witnessed: { size }, signedBy, contradictions: [] });
      expect(await bySelf('c_d150'), what).toMatchObject({ code });
      await log.work.run(requireUncontradicted);
    }
    // It is believed again as soon as it tells the truth.
    liar!.lie = () => undefined;
    clock.forward(600_000);
    await witnesses.round();
    expect(await bySelf('c_d150')).toMatchObject({ code: null, silentSince: null });
  });

  it('count once, each with a key that its own seal vouches for', async () => {
    nodes[1]!.key = nodes[0]!.key;
    await nodes[1]!.stateKey(network);
    await nodes[2]!.stateKey(network, 'p_cr');
    await grow(log, network, 2);
    await nodes[0]!.stateKey(network);
    await witnesses.round();
    const { signedBy, witnessed } = await view();
    expect(signedBy).toHaveLength(1);
    expect(witnessed).toBeNull();
  });
});

describe('a log that was put back to an older copy', () => {
  async function copyThatIsOlder(): Promise<LogInstance> {
    await grow(log, network, 4);
    await witnesses.round();
    const url = await copyDatabase(log.url);
    await grow(log, network, 3);
    await witnesses.round();
    return open(url, log.signer);
  }

  it('is found out before it writes: it says what to do, serves what it has, and grows no more', async () => {
    const copy = await copyThatIsOlder();
    await witnessesOf(copy).examineAll();
    const { contradictions } = await view(copy);
    expect(contradictions.map(({ code, theirsSize, oursSize }) => [code, theirsSize, oursSize])).toEqual(
      Array.from({ length: 3 }, () => ['LOG_ROLLED_BACK', 7, 4]),
    );
    // What the witness has proves it, with this log's key and nobody's word.
    expect(openCheckpoint(Buffer.from(contradictions[0]!.theirs), logOf(log)).size).toBe(7);

    expect(healthOf(await view(copy), clock.now()).status).toBe('down');

    const writer = await copy.writer({ permit: requireUncontradicted });
    writer.start();
    await grow(copy, network, 0);
    await expect.poll(() => writer.error?.code, { timeout: 10_000 }).toBe('LOG_ROLLED_BACK');
    expect(writer.error?.policy.remedy.en).toContain('Restore a copy of the database');
    const health = new HealthRegistry();
    new LogHealth({ work: copy.work }, writer).register(health);
    const report = await health.check();
    expect(report.checks['log']).toMatchObject({
      status: 'down',
      detail: expect.stringContaining('LOG_ROLLED_BACK') as string,
    });
    await writer.close();
    expect(await copy.size()).toBe(4);
  });

  it('and has gone another way is refused by its witnesses, stops, and says so under its seal', async () => {
    const copy = await copyThatIsOlder();
    await grow(copy, network, 5);
    const others = witnessesOf(copy);
    await others.round();
    expect((await view(copy)).contradictions.map(({ code }) => code)).toEqual(
      Array.from({ length: 3 }, () => 'LOG_FORKED'),
    );
    await expect(copy.work.run(requireUncontradicted)).rejects.toMatchObject({ code: 'LOG_FORKED' });
    const actions = new ActionLog({
      role: 'auditor',
      signer: network.signer('auditor'),
      clock,
      ids: systemIds,
    });
    await copy.work.run((tx) => reportContradictions(tx, actions));
    await copy.work.run((tx) => reportContradictions(tx, actions));
    const items = await copy.rows<{ item: Buffer }>(
      `select item from operator_action where kind = 'log.witness-refused'`,
    );
    expect(items).toHaveLength(3);
    expect(verifyAction(items[0]!.item, network, clock.now()).action).toMatchObject({
      outcome: 'forked',
      node: 'auditor',
    });
  });

  it('is found out also when somebody else signs another tree with its key', async () => {
    await grow(log, network, 4);
    await witnesses.round();
    const root = rootAt(1, () => Buffer.alloc(32, 7));
    const forged = signCheckpoint({ origin: logOf(log).origin, size: 4, root }, log.signer);
    nodes[0]!.state = { ...nodes[0]!.state!, root, note: forged };
    await grow(log, network, 1);
    await witnesses.round();
    expect((await view()).contradictions).toMatchObject([{ code: 'LOG_FORKED', witness: 'c_d150' }]);
  });
});
