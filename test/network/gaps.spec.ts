import pg from 'pg';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { TestNetwork, type Filed } from '../support/network.ts';
import { until, WITHIN_MS } from '../support/until.ts';

const FORM = 'contracts/catalogue/cremona/examples/edilizia.scia.xml';

interface Held {
  readonly position: number;
  readonly stateDigest: string;
  readonly waiting: object | null;
}

describe('a node that has lost events of a practice', () => {
  let network: TestNetwork;

  beforeAll(() => {
    network = TestNetwork.at(inject('home'));
  });

  const held = (ipa: string, practiceId: string) => network.getJson<Held>(ipa, `/v1/practices/${practiceId}`);

  it('asks its neighbours for them over mutual TLS, and ends in the same state as before', async () => {
    const filed = await network.json<Filed>(
      ...['practice', 'file', '--at', 'c_d150', '--procedure', 'edilizia.scia', '--form', FORM],
    );
    const { practiceId } = filed;
    await until('the owner has its filing back', WITHIN_MS, async () =>
      (await held('c_d150', practiceId)).position === 1 ? true : undefined,
    );
    const act = [
      'practice',
      'act',
      filed.cui,
      '--at',
      'c_d150',
      '--type',
      'correction.requested',
      '--days',
      '15',
    ];
    await network.json(...act);
    const whole = await until('p_cr has both events', WITHIN_MS, async () => {
      const answer = await held('p_cr', practiceId).catch(() => undefined);
      return answer?.position === 2 ? answer : undefined;
    });

    // As if the filing had never come: the act waits for it.
    const { database } = await network.member('p_cr');
    const client = new pg.Client({ connectionString: database });
    await client.connect();
    try {
      await client.query('begin');
      await client.query(`update event set status = 'waiting' where uuid = $1 and position = 2`, [
        practiceId,
      ]);
      await client.query(
        `delete from seen where (author, event_id) in
           (select author, event_id from event where uuid = $1 and position = 1)`,
        [practiceId],
      );
      await client.query('delete from event where uuid = $1 and position = 1', [practiceId]);
      await client.query('delete from practice_search where uuid = $1', [practiceId]);
      await client.query('delete from practice where uuid = $1', [practiceId]);
      await client.query('commit');
    } finally {
      await client.end();
    }
    const healed = await until('the gap has healed', WITHIN_MS, async () => {
      const answer = await held('p_cr', practiceId).catch(() => undefined);
      return answer?.position === 2 ? answer : undefined;
    });
    expect(healed).toMatchObject({ stateDigest: whole.stateDigest, waiting: null });
  });

  it('says so in its health, as the router does: of gaps, and of what was signed twice', async () => {
    const { router } = await network.file();
    for (const { url } of [router, await network.member('p_cr')]) {
      const health = await fetch(new URL('/health', url));
      const { checks } = (await health.json()) as { checks: object };
      expect(Object.keys(checks)).toEqual(expect.arrayContaining(['gaps', 'equivocations']));
    }
  });
});
