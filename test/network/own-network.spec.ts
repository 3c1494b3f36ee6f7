import { describe, expect, it } from 'vitest';
import { runHub } from '../support/command-line.ts';
import { isAlive, TestNetwork, type Filed } from '../support/network.ts';
import { until } from '../support/until.ts';

const FORM = 'contracts/catalogue/cremona/examples/tributi.tari.xml';
/** What the house promises: nothing of a network is left longer than this after its start process is gone. */
const GONE_MS = 10_000;

describe('npm start', () => {
  it('leaves nothing behind after kill -9; started again it still knows earlier practices, and --once ends with 0', async () => {
    const network = await TestNetwork.inNewHome();
    try {
      await network.start();
      const filed = await network.json<Filed>(
        ...['practice', 'file', '--at', 'c_d142', '--procedure', 'tributi.tari', '--form', FORM],
      );
      const killed = await network.pids();
      network.process.kill('SIGKILL');
      await until('every process is gone', GONE_MS, () =>
        Promise.resolve(killed.some(isAlive) ? undefined : true),
      );

      const again = runHub(network.home, ['up', '--once']);
      const found = await until('the practice is known again', 120_000, async () => {
        const shown = await network.hub('practice', 'show', filed.cui, '--json');
        return shown.code === 0 ? (JSON.parse(shown.stdout) as Filed) : undefined;
      });
      expect(found.eventId).toBe(filed.eventId);
      const once = await again;
      expect(once.code, once.stdout + once.stderr).toBe(0);
    } finally {
      await network.stop();
      await network.remove();
    }
  }, 300_000);
});
