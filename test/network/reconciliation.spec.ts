import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { runHub } from '../support/command-line.ts';
import { TestNetwork, type Filed } from '../support/network.ts';
import { until, WITHIN_MS } from '../support/until.ts';

const FORM = 'contracts/catalogue/cremona/examples/edilizia.scia.xml';

interface Reconciled {
  readonly status: string;
  readonly from: string;
  readonly events: readonly { readonly author: string; readonly here: number; readonly there: number }[];
}

describe('two authorities of a running network', () => {
  let network: TestNetwork;

  beforeAll(() => {
    network = TestNetwork.at(inject('home'));
  });

  it('are reconciled with one command, and the certificate is verified with nothing but the CA', async () => {
    const filed = await network.json<Filed>(
      ...['practice', 'file', '--at', 'c_d150', '--procedure', 'edilizia.scia', '--form', FORM],
    );
    await until('the Provincia has it', WITHIN_MS, async () => {
      const { events } = await network
        .getJson<{ events: { position: number | null }[] }>('p_cr', `/v1/practices/${filed.practiceId}`)
        .catch(() => ({ events: [] }));
      return events[0]?.position ?? undefined;
    });
    const out = join(network.home, 'certificate.xml');
    const found = await network.json<Reconciled>('reconcile', '--between', 'c_d150', 'p_cr', '--out', out);
    expect(found).toMatchObject({ status: 'agreed', from: '1970-01-01T00:00:00.000Z' });
    const sent = found.events.find(({ author }) => author === 'c_d150');
    expect(sent?.here).toBeGreaterThan(0);
    expect(sent?.there).toBe(sent?.here);
    const { pki } = await network.file();
    const verified = await runHub('/nowhere', ['reconcile', 'verify', out, '--trust', pki.ca]);
    expect([verified.code, verified.stdout]).toEqual([
      0,
      expect.stringContaining(`VALID\nc_d150 sent ${sent?.here ?? 0}, p_cr holds ${sent?.here ?? 0}\n`),
    ]);
    await writeFile(out, 'altered', { flag: 'a' });
    expect((await runHub('/nowhere', ['reconcile', 'verify', out, '--trust', pki.ca])).code).toBe(1);
  });
});
