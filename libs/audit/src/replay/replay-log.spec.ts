import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { foldPractice, foldingProcedure, parseSha256, type PracticeState } from '#contracts';
import {
  aNetwork,
  aPractice,
  type DecidedEvent,
  TestClock,
  type TestNetwork,
  type TestPractice,
} from '#testing';
import { NodeInMemory } from './asked-node.fixture.ts';
import type { ReplayFinding } from './finding.ts';
import { readPracticeChoice } from './practice-choice.ts';
import { replayLog, type ReplayOptions, type ReplayReport } from './replay-log.ts';
import type { ReplayedPractice } from './replay-practice.ts';
import { LogInMemory } from './replay.fixture.ts';

let network: TestNetwork;
let clock: TestClock;
let log: LogInMemory;
/** Four events, by the owner and the Provincia in turn, an hour apart. */
let decided: DecidedEvent[];
let practice: TestPractice;

beforeAll(async () => {
  network = await aNetwork().small().founded();
  if (!(network.clock instanceof TestClock)) throw new Error('a network in memory has a clock that stands');
  clock = network.clock;
});

beforeEach(async () => {
  log = new LogInMemory(network);
  [practice, decided] = await aHistory();
});

/** A practice of edilizia.scia of which p_cr gives its opinion, as the router decides it. */
async function aHistory(): Promise<[TestPractice, DecidedEvent[]]> {
  const made = aPractice(network);
  const all: DecidedEvent[] = [];
  const acts = [
    () => made.filedBy('c_d150').withFact('tipo-intervento', 'restauro').signed(),
    () => made.actBy('c_d150', 'correction.requested').signed(),
    () => made.actBy('p_cr').signed(),
    () => made.actBy('c_d150', 'correction.provided').signed(),
  ];
  for (const [index, act] of acts.entries()) {
    all.push(await log.placed(await act(), index + 1, all[0]?.decision.participants));
    clock.advance(3_600_000);
  }
  return [made, all];
}

async function replay(options: Partial<ReplayOptions> = {}, whole = true): Promise<ReplayReport> {
  return await replayLog(await log.source(whole), { now: () => network.clock.now(), ...options });
}

const name = ({ ref }: TestPractice) => `${ref.owner}/${ref.uuid}`;
const codes = (findings: readonly ReplayFinding[]) => findings.map(({ code }) => code);
const decisionAt = (position: number) => decided[position - 1]!;
/** Where a decision or an event is in the log: events and decisions take turns. */
const leafOf = (kind: 'event' | 'decision', position: number) =>
  2 * (position - 1) + (kind === 'event' ? 0 : 1);

describe('a replay of the log', () => {
  it('makes every decision again to the byte, folds every state, and says the same each time', async () => {
    await aHistory();
    const far = new Map<string, number>();
    const report = await replay({ onProgress: ({ phase, done }) => void far.set(phase, done) });
    expect(Object.fromEntries(far)).toEqual({ log: 16, practices: 16 });
    const all = { practices: 2, events: 8, decisions: 8, unplaced: 0 };
    expect(report).toMatchObject({ ...all, found: 0, findings: [] });
    expect(JSON.stringify(await replay())).toBe(JSON.stringify(report));
  });

  it('says another digest of all states when one of them is another', async () => {
    const { states } = await replay();
    log.logged = log.logged.slice(0, -2);
    expect((await replay()).states).not.toBe(states);
  });

  it.each<[string, (one: DecidedEvent) => object, string]>([
    [
      'that leaves out a participant',
      ({ decision }) => ({ participants: decision.participants.filter(({ ipa }) => ipa !== 'p_cr') }),
      'participants',
    ],
    [
      'that gives one a stronger part',
      ({ decision }) => ({
        participants: decision.participants.map((one) =>
          one.ipa === 'p_cr' ? { ...one, part: 'deciding' } : one,
        ),
      }),
      'part: "opinion" follows, "deciding" was signed',
    ],
    [
      'that says that a rule did not match',
      ({ decision }) => ({ rules: decision.rules.map((one) => ({ ...one, matched: false })) }),
      'matched: true follows, false was signed',
    ],
    [
      'about other bytes',
      ({ decision }) => ({ event: { ...decision.event, signedInfoDigest: parseSha256('a'.repeat(64)) } }),
      'event.signedInfoDigest',
    ],
  ])('finds a decision %s, though the router has signed it', async (_, change, detail) => {
    const first = decisionAt(1);
    log.logged.length = 0;
    log.event(first.signed);
    log.decision(await log.altered(first, change(first)));
    const { findings } = await replay();
    expect(findings).toMatchObject([
      { code: 'REPLAY_DECISION_DIFFERS', position: 1, leaf: 1, practice: name(practice) },
    ]);
    expect(findings[0]?.detail).toContain(detail);
  });

  it('finds a decision by a registry that never was', async () => {
    const { registry } = decisionAt(1).decision;
    log.logged.length = 0;
    log.event(decisionAt(1).signed);
    log.decision(
      await log.altered(decisionAt(1), { registry: { ...registry, digest: parseSha256('b'.repeat(64)) } }),
    );
    expect((await replay()).findings).toMatchObject([{ code: 'REPLAY_REGISTRY_DIFFERS', position: 1 }]);
  });

  it('finds an act that was placed though its author may not make it', async () => {
    const forbidden = await practice.actBy('p_cr', 'proceeding.ended').signed();
    await log.placed(forbidden, 5, decisionAt(1).decision.participants);
    const { findings } = await replay();
    expect(findings).toMatchObject([{ code: 'REPLAY_NOT_ENTITLED', position: 5, event: { author: 'p_cr' } }]);
    expect(findings[0]?.detail).toContain('TYPE_NOT_GRANTED');
  });

  it('finds an event out of its author’s numbering, and takes a voided number and a replacement for what they are', async () => {
    const { participants } = decisionAt(1).decision;
    const parked = await practice.actBy('p_cr').signed();
    log.event(parked);
    const next = await practice.actBy('p_cr').signed();
    await log.placed(next, 5, participants);
    await log.placed(await practice.voidedBy('p_cr', parked).signed(), 6, participants);
    const lost = await practice.actBy('c_d150', 'integration.provided').signed();
    await log.placed(
      await practice.actBy('c_d150', 'integration.provided').replacing(lost).signed(),
      7,
      participants,
    );
    expect(await replay()).toMatchObject({ findings: [], unplaced: 1, events: 7 });
    const skipping = await practice.actBy('c_d150').numbered(9).signed();
    await log.placed(skipping, 8, participants);
    expect((await replay()).findings).toMatchObject([{ code: 'REPLAY_SEQUENCE_BROKEN', position: 8 }]);
  });

  it('finds an event that the log does not have, and a position that nobody has decided', async () => {
    const all = log.logged;
    log.logged = all.filter((_, index) => index !== leafOf('event', 3));
    expect((await replay()).findings).toMatchObject([{ code: 'REPLAY_EVENT_MISSING', position: 3 }]);
    log.logged = all.filter((_, index) => index !== leafOf('decision', 2));
    expect((await replay()).findings).toMatchObject([
      { code: 'REPLAY_POSITION_MISSING', detail: 'the log has no decision for position 2' },
    ]);
  });

  it('finds two decisions for one position', async () => {
    await log.placed(await practice.actBy('p_cr').signed(), 3, decisionAt(1).decision.participants);
    const { findings } = await replay();
    expect(codes(findings)).toEqual(['REPLAY_POSITION_TAKEN']);
  });

  it.each(['event', 'decision'] as const)(
    'finds that the archive lacks the bytes of an %s, and says nothing else of it',
    async (kind) => {
      const leaf = leafOf(kind, 2);
      log.logged = log.logged.map((one, index) => (index === leaf ? { ...one, signed: null } : one));
      const { findings } = await replay();
      expect(findings).toMatchObject([{ code: 'REPLAY_BYTES_MISSING', leaf }]);
      const lost = log.logged.map((one) => ({ ...one, signed: null }));
      const kept = log.logged;
      log.logged = lost;
      // Nothing is left that would say which practice has this CUI.
      expect(await replay({ choice: readPracticeChoice(practice.ref.cui) })).toMatchObject({
        practices: 0,
        notHere: 1,
      });
      expect((await replay({ choice: readPracticeChoice(name(practice)) })).found).toBe(lost.length);
      log.logged = kept;
      // A copy of a part of the archive has what was asked for.
      expect(await replay({}, false)).toMatchObject({ found: 0, practices: 0, notHere: 1 });
      expect(await replay({ choice: readPracticeChoice(name(practice)) }, false)).not.toMatchObject({
        found: 0,
      });
    },
  );

  it('finds a document that is another than its entry says', async () => {
    const tampered = await aPractice(network).filedBy('c_d150').tampered().signed();
    log.event(tampered);
    const { findings } = await replay();
    expect(findings).toMatchObject([{ code: 'REPLAY_BYTES_UNREADABLE' }]);
    expect(findings[0]?.detail).toContain('REFERENCE_DIGEST_MISMATCH');
  });

  it('gives the state as it was at a time, and judges what was decided since another', async () => {
    const states: string[] = [];
    const to = decisionAt(3).decision.time;
    const seen = (replayed: ReplayedPractice) =>
      states.push(`${replayed.steps.length} ${replayed.state?.state ?? ''}`);
    await replay({ to, onPractice: seen });
    expect(states).toEqual(['3 correction_requested']);
    expect(await replay({ from: to })).toMatchObject({ events: 4, decisions: 2 });
  });

  it('finds the practice by its CUI, its id, or owner and id, and no other', async () => {
    await aHistory();
    for (const text of [practice.ref.cui, practice.ref.uuid, name(practice)])
      expect(await replay({ choice: readPracticeChoice(text) })).toMatchObject({ practices: 1, events: 4 });
    expect(() => readPracticeChoice('una pratica')).toThrow(
      expect.objectContaining({ code: 'USAGE_INVALID' }),
    );
  });
});

describe('a replay compared with what nodes hold', () => {
  let nodes: NodeInMemory[];
  let city: NodeInMemory;
  let province: NodeInMemory;

  beforeEach(async () => {
    await aHistory();
    await aHistory();
    const replayed: ReplayedPractice[] = [];
    await replay({ onPractice: (one) => replayed.push(one) });
    const states = new Map(replayed.map((one) => [one.practice, statesOf(one)]));
    nodes = ['c_d150', 'p_cr', 'c_b898'].map((ipa) => new NodeInMemory(network, ipa));
    for (const node of nodes) node.holds(replayed, states);
    [city, province] = nodes as [NodeInMemory, NodeInMemory];
  });

  function statesOf({ steps }: ReplayedPractice): PracticeState[] {
    const states: PracticeState[] = [];
    for (const step of steps) {
      const before = states.at(-1) ?? null;
      states.push(foldPractice(before, step, foldingProcedure(before, step, network.registry)));
    }
    return states;
  }

  const held = (node: NodeInMemory) => node.held.get(name(practice))!;

  it('agrees, page by page, without asking for a single state', async () => {
    const report = await replay({ nodes });
    expect(report).toMatchObject({ found: 0 });
    expect(report.nodes).toMatchObject([
      { node: 'c_d150', compared: 3, failure: null },
      { node: 'p_cr', compared: 3 },
      { node: 'c_b898', compared: 0 },
    ]);
    expect(nodes.flatMap(({ asked }) => asked)).toEqual([]);
  });

  it('finds who holds which field otherwise, since which event, with the node’s own signature under it', async () => {
    const states = held(province).states as PracticeState[];
    states[3] = { ...states[3]!, state: states[1]!.state };
    const { findings } = await replay({ nodes });
    const provided = decisionAt(4).decision.event;
    expect(findings).toMatchObject([
      {
        code: 'REPLAY_STATE_DIFFERS',
        node: 'p_cr',
        practice: name(practice),
        position: 4,
        event: { author: 'c_d150', id: provided.id },
        fields: [
          {
            field: 'state',
            expected: 'corrected',
            held: 'correction_requested',
            since: { id: provided.id, position: 4, type: 'correction.provided' },
          },
        ],
      },
    ]);
    expect(findings[0]?.signed).not.toBeNull();
    expect(province.asked).toEqual([name(practice)]);
    expect(city.asked).toEqual([]);
  });

  it('finds the first event that a node holds in other bytes, and a field that no event has given', async () => {
    const there = held(province);
    there.events[2] = { ...there.events[2]!, event: 'c'.repeat(64) };
    const states = held(city).states as PracticeState[];
    states[3] = { ...states[3]!, beside: { state: 'x' } } as never;
    const { findings } = await replay({ nodes });
    expect(findings).toMatchObject([
      { code: 'REPLAY_EVENTS_DIFFER', node: 'p_cr', position: 3, event: { author: 'p_cr' } },
      { code: 'REPLAY_STATE_DIFFERS', node: 'c_d150', fields: [{ field: 'beside', since: null }] },
    ]);
  });

  it('asks a node that is ahead for the log’s position, and lets one that is behind have its minute', async () => {
    const to = decisionAt(2).decision.time;
    expect(await replay({ nodes, to, choice: readPracticeChoice(name(practice)) })).toMatchObject({
      found: 0,
      nodes: [{ compared: 1 }, { compared: 1 }, { compared: 0 }],
    });
    held(province).states.length = 3;
    const { findings } = await replay({ nodes });
    expect(findings).toMatchObject([{ code: 'REPLAY_STATE_BEHIND', node: 'p_cr', position: 4 }]);
    const late = await practice.actBy('p_cr').signed();
    await log.placed(late, 5, decisionAt(1).decision.participants);
    held(province).states = statesOf(await only());
    expect(codes((await replay({ nodes })).findings)).toEqual([]);
  });

  async function only(): Promise<ReplayedPractice> {
    const all: ReplayedPractice[] = [];
    const choice = readPracticeChoice(name(practice));
    await replay({ choice, to: decisionAt(4).decision.time, onPractice: (one) => all.push(one) });
    return all[0]!;
  }

  it('finds a participant without the practice, and a practice that the log does not know', async () => {
    province.held.delete(name(practice));
    const stolen = held(city);
    city.held.set('c_d150/3f2504e0-4f89-41d3-9a0c-0305e82c3301', { ...stolen });
    nodes[2]!.held.set(name(practice), stolen);
    const { findings } = await replay({ nodes });
    expect(findings.map(({ code, node }) => [code, node])).toEqual(
      expect.arrayContaining([
        ['REPLAY_STATE_MISSING', 'p_cr'],
        ['REPLAY_STATE_UNKNOWN', 'c_d150'],
        ['REPLAY_STATE_UNKNOWN', 'c_b898'],
      ]),
    );
    expect(findings).toHaveLength(3);
  });

  it('believes no digest that the node has not signed, and goes on with the others', async () => {
    province.signer = 'c_b898';
    const report = await replay({ nodes });
    expect(report.findings).toMatchObject([{ code: 'REPLAY_STATEMENT_INVALID', node: 'p_cr' }]);
    expect(report.nodes).toMatchObject([
      { compared: 3 },
      { compared: 0, failure: { code: 'REPLAY_STATEMENT_INVALID' } },
      {},
    ]);
  });
});
