import { describe, expect, it } from 'vitest';
import { isAlive, TestNetwork, type Filed } from '../support/network.ts';
import { runHub } from '../support/command-line.ts';
import { until } from '../support/until.ts';

const FORM = 'contracts/catalogue/cremona/examples/tributi.tari.xml';
/** What the house promises: nothing of a stopped network is left after this. */
const GONE_MS = 10_000;

async function expectGone(pids: readonly number[]): Promise<void> {
  await until('every process is gone', GONE_MS, () => Promise.resolve(pids.some(isAlive) ? undefined : true));
}

describe('npm start', () => {
  it('shows its demonstration and ends with 0; ends cleanly at Ctrl-C and after kill -9; and still knows earlier practices', async () => {
    const network = await TestNetwork.inNewHome();
    try {
      const once = await runHub(network.home, ['up', '--once']);
      expect(once.code, once.stdout + once.stderr).toBe(0);

      await network.start();
      const filed = await network.json<Filed>(
        ...['practice', 'file', '--at', 'c_d142', '--procedure', 'tributi.tari', '--form', FORM],
      );
      const killed = await network.pids();
      network.process.kill('SIGKILL');
      await expectGone(killed);

      await network.start();
      const found = await network.json<Filed>('practice', 'show', filed.cui);
      expect(found.eventId).toBe(filed.eventId);
      const stopped = await network.pids();
      expect(await network.stop('SIGINT')).toBe(0);
      await expectGone(stopped);
    } finally {
      await network.stop('SIGINT').catch(() => undefined);
      await network.remove();
    }
  }, 300_000);
});
