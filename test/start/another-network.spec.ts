import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runHub } from '../support/command-line.ts';
import { GONE_MS, isAlive, TestNetwork, type Filed } from '../support/network.ts';
import { until } from '../support/until.ts';

const FORM = 'contracts/catalogue/cremona/examples/tributi.tari.xml';

/** The same code over another network: Cremosano has joined, Casalmaggiore has not. */
async function anotherNetwork(catalogue: string): Promise<string> {
  await cp('contracts/catalogue/cremona', catalogue, { recursive: true });
  const file = join(catalogue, 'network.yaml');
  const bodies = (await readFile(file, 'utf8')).replace('network: rete-di-cremona', 'network: rete-di-prova');
  const joined = (text: string, ipa: string, is: boolean) =>
    text.replace(new RegExp(`(ipa: ${ipa}\\n(?:    .*\\n)*?    joined: )\\w+`), `$1${is}`);
  await writeFile(file, joined(joined(bodies, 'c_d151', true), 'c_b898', false));
  return file;
}

describe('npm start', () => {
  it('runs another network from its own catalogue; leaves nothing behind after kill -9; started again with --once its numbers go on, and it ends with 0', async () => {
    const network = await TestNetwork.inNewHome();
    const folder = await mkdtemp(join(tmpdir(), 'reset-hub-catalogue-'));
    const catalogue = await anotherNetwork(folder);
    try {
      const { members } = await network.start(['--network', catalogue]);
      expect(members.map(({ ipa }) => ipa).sort()).toEqual(['c_d142', 'c_d150', 'c_d151', 'p_cr']);
      const { cui } = await network.json<Filed>(
        ...['practice', 'file', '--at', 'c_d142', '--procedure', 'tributi.tari', '--form', FORM],
      );
      expect(cui).toMatch(/^c_d142\//);
      const killed = await network.pids();
      network.process.kill('SIGKILL');
      await until('every process is gone', GONE_MS, () =>
        Promise.resolve(killed.some(isAlive) ? undefined : true),
      );

      const once = await runHub(network.home, ['up', '--once', '--json', '--network', catalogue]);
      expect(once.code, once.stdout + once.stderr).toBe(0);
      // Each start files one practice to show, at the same body: it was the first before, and is the second now.
      expect(/"cui": ?"([^"]+)"/.exec(once.stdout)?.[1]).toMatch(/^c_\w+\/\d{4}\/000002$/);
    } finally {
      await network.stop();
      await network.remove();
      await rm(folder, { recursive: true, force: true });
    }
  }, 300_000);
});
