import pg from 'pg';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { isAlive, TestNetwork, type Filed, type NetworkFile } from '../support/network.ts';
import { replay } from '../support/replay.ts';
import { until, WITHIN_MS } from '../support/until.ts';

const FORM = 'contracts/catalogue/cremona/examples/edilizia.scia.xml';

interface Practice {
  readonly position: number;
  readonly events: readonly {
    readonly eventId: string;
    readonly digest: string;
    readonly position: number;
  }[];
}

interface Refused {
  readonly code: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
}

describe('a database that is put back to an older copy', () => {
  let network: TestNetwork;
  let file: NetworkFile;

  beforeAll(async () => {
    network = TestNetwork.at(inject('home'));
    file = await network.file();
  });

  const filing = (): Promise<Filed> =>
    network.json<Filed>(
      ...['practice', 'file', '--at', 'c_d150', '--procedure', 'edilizia.scia', '--form', FORM],
    );
  const practiceAt = (ipa: string, { practiceId }: Filed): Promise<Practice> =>
    network.getJson<Practice>(ipa, `/v1/practices/${practiceId}`);
  const placedAt = (ipa: string, filed: Filed): Promise<Practice> =>
    until(`${filed.cui} has its place at ${ipa}`, WITHIN_MS, async () => {
      const practice = await practiceAt(ipa, filed);
      return practice.position > 0 ? practice : undefined;
    });

  /** Whoever came back before its database did has compared the old one with its topic: it starts once more (docs/restore.md). */
  async function endThoseOfBefore(): Promise<void> {
    const now = await network.file();
    for (const { pid } of [now.router, await network.member('c_d150')])
      if (isAlive(pid)) process.kill(pid, 'SIGKILL');
  }

  it('is taken up by its node and its router, which adopt what they had published, and give nothing twice', async () => {
    const databases = [file.router.database, (await network.member('c_d150')).database];
    await placedAt('c_d150', await filing());
    // What other specs of this network have made on purpose is none of this one's.
    const refusedBefore = await refused(file);
    await inPostgres(file, databases, copy);
    const lost = await filing();
    const before = await placedAt('p_cr', lost);

    const { router } = await network.file();
    for (const { pid } of [router, await network.member('c_d150')]) process.kill(pid, 'SIGKILL');
    await inPostgres(file, databases, putBack);
    await endThoseOfBefore();
    await until('they run again', WITHIN_MS, async () => {
      const now = await network.file();
      const again = [now.router, ...now.members.filter(({ ipa }) => ipa === 'c_d150')];
      return again.every(({ pid }) => isAlive(pid)) ? true : undefined;
    });

    expect(places(await placedAt('c_d150', lost))).toEqual(places(before));
    const next = await until('the node writes again', WITHIN_MS, filing);
    expect(progressive(next)).toBe(progressive(lost) + 1);
    await placedAt('p_cr', next);
    expect(places(await practiceAt('p_cr', lost))).toEqual(places(before));
    expect((await replay(await network.file())).size).toBeGreaterThan(1);
    expect(await refused(await network.file())).toEqual(refusedBefore);
  });
});

/** When a node has received an event is its own affair; what, and in which place, is not. */
function places({ events }: Practice) {
  return events.map(({ eventId, digest, position }) => ({ eventId, digest, position }));
}

function progressive({ cui }: Filed): number {
  return Number(cui.split('/').at(-1));
}

/** What the log refused because it contradicts a leaf, or is a second event in one place: code and place in its topic. */
async function refused({ auditor }: NetworkFile): Promise<string[]> {
  const answer = await fetch(`${auditor.url}/v1/refused`, {
    headers: { authorization: `Bearer ${auditor.token}` },
  });
  const { records } = (await answer.json()) as { readonly records: readonly Refused[] };
  return records.map(({ code, topic, partition, offset }) => `${code} ${topic}/${partition}/${offset}`);
}

type Step = (client: pg.Client, database: string) => Promise<unknown>;

async function inPostgres({ postgres }: NetworkFile, urls: readonly string[], step: Step): Promise<void> {
  const client = new pg.Client({ connectionString: postgres.url });
  await client.connect();
  try {
    for (const url of urls) {
      const database = new URL(url).pathname.slice(1);
      await until(`${database} is copied`, WITHIN_MS, async () => {
        await client.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [
          database,
        ]);
        await step(client, database);
        return true;
      });
    }
  } finally {
    await client.end();
  }
}

const copy: Step = (client, database) =>
  client.query(`create database "${database}_copy" template "${database}"`);

const putBack: Step = async (client, database) => {
  await client.query(`drop database if exists "${database}" with (force)`);
  await client.query(`alter database "${database}_copy" rename to "${database}"`);
};
