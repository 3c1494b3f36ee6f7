import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import type { Neighbour, PeerReply } from '#peers';
import { verifyAction } from '#evidence';
import { readMutualTls } from '#platform';
import {
  formatAddCheckpoint,
  noteSigner,
  openCheckpoint,
  originHash,
  parseForkEvidence,
  parseNote,
  parseWitnessVkey,
  signNote,
  verifyFork,
} from '#tlog';
import { realNetwork, TestNode } from '../authority.fixture.ts';
import { clientAs, neighbour, transportOf } from '../gaps/peers.fixture.ts';
import type { FindingEvidence, FindingView } from './finding-store.ts';
import { checkpoint, FORKED, LOG, ORIGIN, submission, withoutProof, WITNESS } from './log.fixture.ts';

const network = await realNetwork();
const witness = { cosigner: WITNESS, logs: [LOG] };
const city = await TestNode.start(network, 'c_d150', { witness });
const province = await TestNode.start(network, 'p_cr');
const auditor = clientAs('auditor');
const member = clientAs('p_cr');
const token = await city.token('quarantine');

function submit(body: Buffer, to: Neighbour = neighbour(city)): Promise<PeerReply> {
  return auditor.exchange(to, 'witness/add-checkpoint', body);
}

async function ask(path: string, method = 'GET'): Promise<Response> {
  return fetch(`${city.http.url}/${path}`, { method, headers: { authorization: `Bearer ${token}` } });
}

async function findings(): Promise<readonly FindingView[]> {
  return ((await (await ask('v1/witness')).json()) as { findings: FindingView[] }).findings;
}

const codeOf = ({ body }: PeerReply): unknown => (JSON.parse(body.toString()) as { code: string }).code;

describe('POST /witness/add-checkpoint', () => {
  it('is for the node of a log, and for nobody else', async () => {
    const refused = await member.exchange(neighbour(city), 'witness/add-checkpoint', submission(0, 1));
    expect([refused.status, codeOf(refused)]).toEqual([403, 'PEER_NOT_RECOGNISED']);
    const open = await fetch(`${city.http.url}/witness/add-checkpoint`, {
      method: 'POST',
      body: submission(0, 1),
    });
    expect(open.status).toBe(401);
  });

  it('cosigns the first checkpoint and what extends it, and serves what it cosigned last', async () => {
    for (const [from, to] of [
      [0, 100],
      [100, 257],
      [257, 257],
    ] as const) {
      const reply = await submit(submission(from, to));
      expect(reply.status).toBe(200);
      const note = Buffer.concat([checkpoint(to), reply.body]);
      const [cosignature] = openCheckpoint(note, LOG, [WITNESS.verifier]).cosignatures;
      expect(Math.abs((cosignature?.time ?? 0) - city.parts.clock.now().getTime() / 1000)).toBeLessThan(60);
    }
    const served = await fetch(`${city.http.url}/witness/${originHash(ORIGIN)}/checkpoint`);
    expect(served.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    const opened = openCheckpoint(Buffer.from(await served.arrayBuffer()), LOG, [WITNESS.verifier]);
    expect([opened.size, opened.cosignatures.length]).toEqual([257, 1]);
    expect((await fetch(`${city.http.url}/witness/${originHash('other')}/checkpoint`)).status).toBe(404);
  });

  it('answers with the statuses of tlog-witness, and keeps nothing of what is merely wrong', async () => {
    const { text: said } = parseNote(checkpoint(300));
    const stranger = noteSigner(ORIGIN, Buffer.alloc(32, 9));
    const unknown = noteSigner('another.example/log', Buffer.alloc(32, 9));
    const of = (note: Buffer): Buffer => formatAddCheckpoint({ oldSize: 257, proof: [], checkpoint: note });
    const answers = [
      await submit(Buffer.from('new 0\n\nnothing')),
      await submit(submission(400, 300)),
      await submit(of(signNote(said, [stranger]))),
      await submit(of(signNote(said.replace(ORIGIN, 'another.example/log'), [unknown]))),
      await submit(submission(0, 300)),
      await submit(Buffer.from(`old 0\n${'A'.repeat(200_000)}`)),
    ];
    expect(answers.map(({ status }) => status)).toEqual([400, 400, 403, 404, 409, 413]);
    expect(answers[4]?.body.toString()).toBe('257\n');
    expect(await findings()).toEqual([]);
  });

  it('says on the wire what a body is: a cosignature as text, a size as a size, a refusal as a problem', async () => {
    const typeOf = async (body: Buffer): Promise<unknown> => {
      const { cert, key, ca } = readMutualTls(transportOf('auditor'));
      const url = `${neighbour(city).url}/witness/add-checkpoint`;
      const sent = request(url, { method: 'POST', cert, key, ca, agent: false }).end(body);
      const [answer] = (await once(sent, 'response')) as [IncomingMessage];
      return [answer.statusCode, answer.headers['content-type'], await text(answer)];
    };
    expect(await typeOf(submission(0, 300))).toEqual([409, 'text/x.tlog.size', '257\n']);
    expect(await typeOf(submission(257, 257))).toEqual([
      200,
      'text/plain; charset=utf-8',
      expect.stringMatching(/^— \S+ [A-Za-z0-9+/]+=*\n$/),
    ]);
    const [status, type] = (await typeOf(submission(400, 300))) as [number, string];
    expect([status, type]).toEqual([400, 'application/problem+json; charset=utf-8']);
  });

  it('is 404 at a node that is no witness', async () => {
    const reply = await submit(submission(0, 1), neighbour(province));
    expect([reply.status, codeOf(reply)]).toEqual([404, 'WITNESS_LOG_UNKNOWN']);
    const key = await fetch(`${province.http.url}/witness/key`);
    expect(await key.json()).toMatchObject({ code: 'WITNESS_ABSENT' });
  });
});

describe('a log that forgets', () => {
  it('is refused with two histories, and the evidence convicts it without any trust in the witness', async () => {
    await submit(submission(257, 310));
    const same = await submit(withoutProof(310, 310, FORKED));
    expect([same.status, codeOf(same)]).toEqual([422, 'LOG_CONSISTENCY_INVALID']);
    const longer = await submit(submission(310, 400, FORKED));
    expect(longer.status).toBe(422);
    const again = await submit(submission(310, 400, FORKED));
    expect(again.status).toBe(422);

    const found = await findings();
    expect(found.map(({ kind, times }) => [kind, times])).toEqual([
      ['rewritten', 2],
      ['two-roots', 1],
    ]);
    for (const { id } of found) {
      const kept = (await (await ask(`v1/witness/findings/${id}`)).json()) as FindingEvidence;
      verifyFork(parseForkEvidence(Buffer.from(kept.evidence ?? '')), LOG);
    }
    // It goes on with the history that it has cosigned.
    expect((await submit(submission(310, 320))).status).toBe(200);
  });

  it('is asked, not convicted, where a proof merely fails: anybody can send one', async () => {
    expect((await submit(withoutProof(320, 330))).status).toBe(422);
    const [newest] = await findings();
    expect(newest).toMatchObject({ kind: 'unexplained', earlierSize: 320, laterSize: 330 });
    const kept = (await (await ask(`v1/witness/findings/${newest?.id}`)).json()) as FindingEvidence;
    expect(kept).toMatchObject({ evidence: null, later: checkpoint(330).toString() });
  });

  it('that is shorter is told the size it had, stays an alarm until it shows that it has not forgotten, and then no longer', async () => {
    const reply = await submit(submission(200, 200));
    expect([reply.status, reply.body.toString()]).toEqual([409, '320\n']);
    const shorter = async () => (await findings()).find(({ kind }) => kind === 'shorter');
    expect(await shorter()).toMatchObject({ earlierSize: 320, laterSize: 200, settledAt: null });
    await submit(submission(320, 340));
    expect((await shorter())?.settledAt).not.toBeNull();
    await submit(submission(200, 200));
    await submit(submission(200, 200));
    expect(await shorter()).toMatchObject({ earlierSize: 340, settledAt: null, times: 2 });
    await submit(submission(340, 340));
    expect((await shorter())?.settledAt).not.toBeNull();
  });

  it('is an action of this node under its seal, and an operator who has seen it ends the alarm by another', async () => {
    await city.witness.reports.report(WITNESS.verifier.vkey);
    const found = await findings();
    const actions = await city.rows<{ kind: string; outcome: string; item: Buffer }>(
      `select kind, outcome, item from operator_action where kind = 'witness.checkpoint-refused' order by at, id`,
    );
    expect(actions.map(({ outcome }) => outcome)).toEqual(found.map(({ kind }) => kind).toReversed());
    expect(found.every(({ action }) => action !== null)).toBe(true);
    const { action } = verifyAction(actions[0]!.item, network.registry, network.clock.now());
    expect(action).toMatchObject({ node: 'c_d150', role: 'authority', actors: [{ kind: 'node' }] });
    expect(action.details.find(({ name }) => name === 'later-size')?.value).toBe('310');

    const acknowledged = await ask(`v1/witness/findings/${found[0]?.id}/acknowledge`, 'POST');
    expect(((await acknowledged.json()) as FindingView).acknowledgedAt).not.toBeNull();
    expect((await ask(`v1/witness/findings/${action.id}/acknowledge`, 'POST')).status).toBe(404);
    const told = (await (await ask(`v1/actions?subject=witness-finding/${found[0]?.id}`)).json()) as {
      actions: { kind: string; by: { tokenId: string | null } }[];
    };
    expect(told.actions.map(({ kind, by }) => [kind, by.tokenId === null])).toEqual([
      ['witness.checkpoint-refused', true],
      ['witness.finding-acknowledged', false],
    ]);
  });
});

describe('a witness’s key', () => {
  it('is stated once under the node’s seal, for everyone to verify', async () => {
    const { vkey } = WITNESS.verifier;
    await Promise.all([city.witness.reports.report(vkey), city.witness.reports.report(vkey)]);
    const answer = (await (await fetch(`${city.http.url}/witness/key`)).json()) as {
      vkey: string;
      statement: string;
    };
    const { action } = verifyAction(
      Buffer.from(answer.statement, 'base64'),
      network.registry,
      network.clock.now(),
    );
    expect(action).toMatchObject({ kind: 'witness.key-published', node: 'c_d150' });
    expect(action.details).toEqual([{ name: 'vkey', value: answer.vkey }]);
    expect(parseWitnessVkey(answer.vkey).publicKey).toEqual(WITNESS.verifier.publicKey);
    expect(
      await city.rows(`select id from operator_action where kind = 'witness.key-published'`),
    ).toHaveLength(1);
  });
});
