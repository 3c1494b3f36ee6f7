import { beforeAll, describe, expect, inject, it } from 'vitest';
import { stateDigest } from '#contracts';
import { TestNetwork, type Filed } from '../support/network.ts';
import { replay } from '../support/replay.ts';
import { until, WITHIN_MS } from '../support/until.ts';

const FORM = 'contracts/catalogue/cremona/examples/edilizia.scia.xml';
const ROUNDS = 100;

interface Held {
  readonly position: number;
  readonly state: string;
  readonly stateDigest: string;
  readonly events: readonly {
    readonly eventId: string;
    readonly author: string;
    readonly position: number | null;
  }[];
}

describe('two authorities that act on one practice at the same moment', () => {
  let network: TestNetwork;

  beforeAll(() => {
    network = TestNetwork.at(inject('home'));
  });

  async function act(
    ipa: string,
    practiceId: string,
    fields: Readonly<Record<string, string>>,
  ): Promise<void> {
    const { url, token } = await network.member(ipa);
    const body = new FormData();
    for (const [name, value] of Object.entries(fields)) body.set(name, value);
    const response = await fetch(`${url}/v1/practices/${practiceId}/events`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'idempotency-key': crypto.randomUUID() },
      body,
    });
    expect(response.status, await response.clone().text()).toBe(201);
  }

  it(`end, ${ROUNDS} times over, in the same state at the same positions: on every node, and in a replay from the topics`, async () => {
    const filed = await network.json<Filed>(
      ...['practice', 'file', '--at', 'c_d150', '--procedure', 'edilizia.scia', '--form', FORM],
    );
    const path = `/v1/practices/${filed.practiceId}`;
    // Its owner too: nobody can act on a practice whose participants are not settled yet.
    for (const ipa of ['c_d150', 'p_cr'])
      await until(`${ipa} has it in its place`, WITHIN_MS, async () => {
        const { position } = await network.getJson<Held>(ipa, path);
        return position === 1 ? position : undefined;
      });
    for (let round = 0; round < ROUNDS; round += 1) {
      await Promise.all([
        act('c_d150', filed.practiceId, { type: 'correction.requested', days: '15' }),
        act('p_cr', filed.practiceId, {
          type: 'conclusion.issued',
          outcome: round % 2 ? 'favourable' : 'unfavourable',
        }),
      ]);
    }
    const last = 1 + 2 * ROUNDS;
    const [owner, other] = await Promise.all(
      ['c_d150', 'p_cr'].map((ipa) =>
        until(`${ipa} is at position ${last}`, WITHIN_MS, async () => {
          const held = await network.getJson<Held>(ipa, path);
          return held.position === last ? held : undefined;
        }),
      ),
    );
    const order = (held: Held | undefined) =>
      held?.events.map(({ author, eventId, position }) => [position, author, eventId]);
    expect(owner?.events.map(({ position }) => position)).toEqual(
      Array.from({ length: last }, (_, index) => index + 1),
    );
    expect(order(other)).toEqual(order(owner));
    expect(other?.stateDigest).toBe(owner?.stateDigest);

    const replayed = (await replay(await network.file())).get(`c_d150/${filed.practiceId}`);
    expect(replayed && stateDigest(replayed)).toBe(owner?.stateDigest);
  });
});
