import { Readable } from 'node:stream';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { signatureLine } from '#testing';
import { cosigner, parseNote, signCheckpoint, type Cosigner } from '#tlog';
import { LogInstance } from '../log-database.fixture.ts';
import { logDatabase } from '../new-log-database.fixture.ts';
import { anEvent, outboxRecord, SampleNetwork } from '../signed-samples.fixture.ts';
import { showWitnesses, type WitnessesView } from './show-witnesses.ts';
import { WitnessNode } from './witness-nodes.fixture.ts';
import { grow, logOf, partsOf, StandingClock } from './witnesses.fixture.ts';
import { Witnesses } from './witnesses.ts';

const network = await SampleNetwork.create();
await network.admit('auditor', 'auditor');
const HOUR_MS = 3_600_000;
/** Of the large answer: more than any buffer on the way, and than anybody reads of it. */
const GIGABYTE = 2 ** 30;
const clock = new StandingClock();
const closing: (() => unknown)[] = [];

let log: LogInstance;
let nodes: WitnessNode[];
let witnesses: Witnesses;
let seed = 100;

beforeEach(async () => {
  log = await LogInstance.open(await logDatabase());
  nodes = await Promise.all(
    ['c_d150', 'p_cr', 'c_d142'].map((ipa) => WitnessNode.start(network, logOf(log), ipa, (seed += 1))),
  );
  witnesses = new Witnesses(partsOf(log, network, nodes, { clock, answerMs: 2_000 }));
  const [own, ...others] = [log, witnesses, ...nodes];
  closing.push(() => own.close(), ...others.map((one) => () => one.close()));
});

afterAll(async () => {
  for (const close of closing.toReversed()) await close();
});

const view = (): Promise<WitnessesView> =>
  log.work.read((tx) => showWitnesses(tx, partsOf(log, network, nodes, { clock })));

const bySelf = async (holder: string) => (await view()).witnesses.find((one) => one.holder === holder);

/** The newest checkpoint of the log. */
async function newest(): Promise<Buffer> {
  const [row] = await log.rows<{ note: Buffer }>('select note from checkpoint order by size desc limit 1');
  return row!.note;
}

/** A cosignature as a witness answers with it. */
function cosignature(note: Buffer, witness: Cosigner): string {
  return signatureLine(witness.cosign(parseNote(note).text, Math.floor(Date.now() / 1000)));
}

const submissionsTo = ({ asked }: WitnessNode) => asked.filter((path) => path.endsWith('add-checkpoint'));

describe('a witness that does not do what a witness does', () => {
  let given = 0;

  /** Bytes without end, as far as anybody reads: a line that never ends. */
  async function* endless(): AsyncGenerator<Buffer> {
    const chunk = Buffer.alloc(65_536, 'A');
    for (given = 0; given < GIGABYTE; given += chunk.length) yield await Promise.resolve(chunk);
  }

  it.each<[string, (liar: WitnessNode) => Promise<{ status: number; body: Readable | string }>, string]>([
    [
      'cosigns with another key under its own name',
      async ({ key }) => {
        const other = cosigner(key.verifier.name, Buffer.alloc(32, 7));
        return { status: 200, body: cosignature(await newest(), other) };
      },
      'PEER_ANSWER_INVALID',
    ],
    [
      'cosigns with the key of another witness',
      async () => ({ status: 200, body: cosignature(await newest(), nodes[1]!.key) }),
      'PEER_ANSWER_INVALID',
    ],
    [
      'cosigns another text with the right key',
      ({ key }) => {
        const other = signCheckpoint(
          { origin: logOf(log).origin, size: 1, root: Buffer.alloc(32, 7) },
          log.signer,
        );
        return Promise.resolve({ status: 200, body: cosignature(other, key) });
      },
      'LOG_SIGNATURE_INVALID',
    ],
    [
      'answers with a gigabyte',
      () => Promise.resolve({ status: 200, body: Readable.from(endless()) }),
      'PEER_ANSWER_INVALID',
    ],
    ['never answers', () => new Promise(() => undefined), 'PEER_AWAY'],
    [
      'begins an answer and never ends it',
      () => Promise.resolve({ status: 200, body: new Readable({ read: () => undefined }) }),
      'PEER_AWAY',
    ],
  ])('%s: is silent with its code, and the others are enough', async (_, lie, code) => {
    const [liar] = nodes;
    liar!.lie = (path) => (path.endsWith('add-checkpoint') ? lie(liar!) : undefined);
    const size = await grow(log, network, 2);
    await witnesses.round();
    expect(await view()).toMatchObject({
      witnessed: { size },
      signedBy: ['c_d142', 'p_cr'],
      contradictions: [],
    });
    expect(await bySelf('c_d150')).toMatchObject({ code });
    expect(given).toBeLessThan(GIGABYTE / 16);
  });
});

describe('a log whose clock goes back by an hour', () => {
  it('asks a witness again that it has let rest, and one that has cosigned, as if nothing had been', async () => {
    nodes[0]!.lie = (path) => (path.endsWith('add-checkpoint') ? { status: 503, body: '' } : undefined);
    await grow(log, network, 2);
    await witnesses.round();
    expect(await bySelf('c_d150')).toMatchObject({ code: 'PEER_AWAY' });
    nodes[0]!.lie = () => undefined;
    clock.forward(-HOUR_MS);
    await witnesses.round();
    expect(nodes.map(submissionsTo).map(({ length }) => length)).toEqual([2, 2, 2]);
    const size = await grow(log, network, 1);
    await witnesses.round();
    expect(await view()).toMatchObject({ witnessed: { size }, signedBy: ['c_d142', 'c_d150', 'p_cr'] });
    clock.forward(HOUR_MS);
  });

  it('refuses nothing that others sign meanwhile: it waits for its clock, and then takes it in', async () => {
    const records = [outboxRecord(await network.event(anEvent()))];
    const late = new StandingClock();
    late.forward(-HOUR_MS);
    const taking = log.takeIn(network, late);
    expect(await taking.run('events', records)).toEqual([{ kind: 'retry', afterMs: 500 }]);
    late.forward(HOUR_MS);
    expect(await taking.run('events', records)).toEqual([{ kind: 'done' }]);
    expect(await log.rows('select 1 as one from refused')).toEqual([]);
  });

  it('knows so by what it has taken in, where its database goes by the same clock', async () => {
    const taking = log.takeIn(network);
    await taking.run('events', [outboxRecord(await network.event(anEvent()))]);
    const signed = await network.event(anEvent(), new Date(Date.now() + HOUR_MS));
    const record = { ...outboxRecord(signed), timestamp: new Date(Date.now() + HOUR_MS) };
    await log.rows(`update log_entry set taken_at = taken_at + interval '2 hours'`);
    expect(await taking.run('events', [record])).toEqual([{ kind: 'retry', afterMs: 500 }]);
    await log.rows(`update log_entry set taken_at = taken_at - interval '2 hours'`);
    expect(await taking.run('events', [record])).toEqual([
      expect.objectContaining({ kind: 'park', code: 'SIGNING_TIME_IN_FUTURE' }),
    ]);
  });
});
