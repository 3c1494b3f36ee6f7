import pg from 'pg';
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { isAlive, TestNetwork, type Filed } from '../support/network.ts';
import { until, WITHIN_MS } from '../support/until.ts';

const FORM = 'contracts/catalogue/cremona/examples/edilizia.scia.xml';

interface Entry {
  readonly year: number;
  readonly number: string;
  readonly subject: string;
  readonly state: string;
  readonly sent: { readonly body: string; readonly number: string } | null;
  readonly classification: { readonly code: string };
  readonly cui: string;
}

interface Answers {
  readonly answers: readonly {
    readonly by: string;
    readonly kind: string;
    readonly message: string;
    readonly registration: { readonly number: string } | null;
  }[];
}

type Registered = Filed & { readonly protocol: { readonly number: string } };

describe('the protocol register of a running network', () => {
  let network: TestNetwork;

  beforeAll(() => {
    network = TestNetwork.at(inject('home'));
  });

  async function post(): Promise<Response> {
    const { url, token } = await network.member('c_d150');
    const body = new FormData();
    body.set('procedure', 'edilizia.scia');
    body.set('form', new Blob([readFileSync(FORM)], { type: 'application/xml' }), 'istanza.xml');
    const headers = { authorization: `Bearer ${token}` };
    return fetch(`${url}/v1/practices`, { method: 'POST', headers, body });
  }

  async function file(): Promise<Registered> {
    const response = await post();
    if (response.status !== 201) throw new Error(`${response.status} ${await response.text()}`);
    return (await response.json()) as Registered;
  }

  const entriesAt = async (ipa: string, query = '') =>
    (await network.getJson<{ entries: Entry[] }>(ipa, `/v1/protocol?limit=500${query}`)).entries;

  it('registers a filing at its owner and at who receives it, which confirms; a cancellation comes back', async () => {
    const filed = await file();
    const answersAt = (kind: string) =>
      until(`the Provincia’s ${kind}`, WITHIN_MS, async () => {
        const path = `/v1/practices/${filed.practiceId}/protocol`;
        const { answers } = await network.getJson<Answers>('c_d150', path);
        return answers.find((answer) => answer.by === 'p_cr' && answer.kind === kind);
      });
    const confirmed = await answersAt('registered');
    const [theirs] = await entriesAt('p_cr', `&q=${filed.cui}`);
    expect(theirs).toMatchObject({
      number: confirmed.registration?.number,
      sent: { body: 'c_d150', number: filed.protocol.number },
      // Each body classifies by its own filing plan.
      classification: { code: '4.1' },
    });
    expect(await entriesAt('c_d150', `&q=${filed.cui}`)).toMatchObject([
      { classification: { code: 'VI.3' } },
    ]);
    const said = await network.get('p_cr', confirmed.message);
    const told = await network.get('c_d150', confirmed.message);
    expect(await told.text()).toBe(await said.text());

    const name = `${theirs?.year ?? 0}/${theirs?.number ?? ''}`;
    const cancel = ['protocol', 'cancel', name, '--at', 'p_cr', '--reason', 'registered-in-error'];
    await network.json(...cancel, '--act', 'DET/2026/1');
    await answersAt('registration-cancelled');
    expect(await network.json('protocol', 'show', name, '--at', 'p_cr')).toMatchObject({
      state: 'cancelled',
    });
  });

  it('keeps no number of a filing whose process was killed between segnatura and commit', async () => {
    const before = await file();
    const city = (await network.file()).members.find(({ ipa }) => ipa === 'c_d150');
    if (city === undefined) throw new Error('no c_d150');
    const database = new pg.Client({ connectionString: city.database });
    await database.connect();
    try {
      // The filing stores its segnatura, then waits for this lock: it cannot commit.
      await database.query('begin');
      await database.query('lock table practice in exclusive mode');
      const cut = post().then(
        ({ status }) => status,
        () => 'cut',
      );
      await until('the filing waits', WITHIN_MS, async () => {
        // Within a transaction the view is read once, unless it is told to look again.
        await database.query('select pg_stat_clear_snapshot()');
        const { rowCount } = await database.query(
          `select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like 'insert into practice (%'`,
        );
        return rowCount === 0 ? undefined : true;
      });
      process.kill(city.pid, 'SIGKILL');
      expect(await cut).toBe('cut');
      await until('it is gone', WITHIN_MS, () => Promise.resolve(isAlive(city.pid) ? undefined : true));
      await database.query('rollback');
    } finally {
      await database.end();
    }
    const next = await until('the node is back', WITHIN_MS, file);
    expect(Number(next.protocol.number)).toBe(Number(before.protocol.number) + 1);
    const numbers = (await entriesAt('c_d150')).map(({ number }) => Number(number));
    expect(numbers).toEqual(numbers.map((_, index) => numbers.length - index));
  });
});
