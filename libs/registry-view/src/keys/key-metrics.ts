import { Gauge } from 'prom-client';
import type { Metrics } from '#platform';
import type { KeyStanding } from './key-board.ts';

/**
 * Registers `certificate_expires_seconds`: seconds until each certificate ends, by holder, purpose and generation; what
 * is retired, revoked or expired already is left out.
 */
export function measureKeys(metrics: Metrics, board: () => readonly KeyStanding[], now: () => Date): void {
  new Gauge({
    name: 'certificate_expires_seconds',
    help: 'Seconds until a certificate of the network expires or is retired',
    labelNames: ['holder', 'role', 'purpose', 'generation'],
    registers: [metrics],
    collect() {
      this.reset();
      for (const key of board()) {
        if (key.state !== 'active' && key.state !== 'announced') continue;
        const { holder, role, purpose, generation, notAfter, revokedFrom } = key;
        const ends = Math.min(
          Date.parse(notAfter),
          revokedFrom === null ? Infinity : Date.parse(revokedFrom),
        );
        this.set({ holder, role, purpose, generation: String(generation) }, (ends - now().getTime()) / 1_000);
      }
    },
  });
}

/** What a health check says of keys: `undefined` while nobody has to be warned. */
export function keyWarning(board: readonly KeyStanding[]): string | undefined {
  const warned = board.filter(({ warning }) => warning !== null);
  if (warned.length === 0) return undefined;
  return warned
    .map(({ holder, purpose, generation, daysLeft, state }) =>
      state === 'expired'
        ? `${holder} ${purpose}-g${generation} has expired`
        : `${holder} ${purpose}-g${generation} ends in ${daysLeft} days`,
    )
    .join('; ');
}
