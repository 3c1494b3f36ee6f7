import { beforeAll, describe, expect, inject, it } from 'vitest';
import { isAlive, TestNetwork, type Filed, type NetworkFile } from '../support/network.ts';
import { until, WITHIN_MS } from '../support/until.ts';

const FORM = 'contracts/catalogue/cremona/examples/edilizia.scia.xml';

/** A service of the network that a test kills. */
type Victim = (file: NetworkFile) => { readonly pid: number };

describe('a killed process', () => {
  let network: TestNetwork;

  beforeAll(() => {
    network = TestNetwork.at(inject('home'));
  });

  function file(): Promise<Filed> {
    return network.json<Filed>(
      ...['practice', 'file', '--at', 'c_d150', '--procedure', 'edilizia.scia', '--form', FORM],
    );
  }

  /** `kill -9`, then work, while the network brings the process back by itself. */
  async function kill(victim: Victim): Promise<void> {
    const { pid } = victim(await network.file());
    process.kill(pid, 'SIGKILL');
    await until('it is gone', WITHIN_MS, () => Promise.resolve(isAlive(pid) ? undefined : true));
  }

  it('at the Provincia: a filing made meanwhile is there when the node is back', async () => {
    const provincia: Victim = ({ members }) => members.find(({ ipa }) => ipa === 'p_cr') ?? { pid: 0 };
    await kill(provincia);
    const filed = await file();
    const there = await until('the filing is at the Provincia', WITHIN_MS, () =>
      network.getJson<Filed & { readonly position: number }>('p_cr', `/v1/practices/${filed.practiceId}`),
    );
    expect(there.cui).toBe(filed.cui);
    expect(there.eventId).toBe(filed.eventId);
  });

  it('the router: filings are accepted without it, and are placed once when it is back', async () => {
    await kill(({ router }) => router);
    const filed = await file();
    const there = await until('the filing is at the Provincia', WITHIN_MS, () =>
      network.getJson<{ readonly position: number; readonly events: readonly unknown[] }>(
        'p_cr',
        `/v1/practices/${filed.practiceId}`,
      ),
    );
    expect(there.position).toBe(1);
    expect(there.events).toHaveLength(1);
  });

  it('the auditor: the proof of a filing made meanwhile verifies when it is back', async () => {
    await kill(({ auditor }) => auditor);
    const filed = await file();
    const proved = await until('the proof verifies', WITHIN_MS, async () => {
      const ran = await network.hub('audit', 'proof', filed.eventId, '--json');
      return ran.code === 0 ? ran : undefined;
    });
    expect(proved.stdout).toContain(filed.eventId);
  });
});
