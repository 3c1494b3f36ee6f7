import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { Gauge, Registry } from 'prom-client';
import type { RoundReport } from '#audit';

/** The monitor's figures in the Prometheus text format, for this machine only: whoever is to see them puts a server in front. */
export class WatchMetrics {
  readonly #registry = new Registry();
  readonly #server: Server;
  readonly #size = this.#gauge('watch_log_size', 'Leaves of the newest checkpoint that was accepted');
  readonly #verified = this.#gauge('watch_verified_size', 'Up to which leaf everything is verified');
  readonly #witnessed = this.#gauge('watch_witnessed_size', 'Leaves of the newest checkpoint with a quorum');
  readonly #fresh = this.#gauge('watch_fresh_timestamp_seconds', 'Until when the log is shown to be current');
  readonly #round = this.#gauge('watch_round_timestamp_seconds', 'When the last round ended');
  readonly #reachable = this.#gauge('watch_log_reachable', '1 if the log answered in the last round');
  readonly #alarms = new Gauge({
    name: 'watch_alarms_open',
    help: 'Alarms that nobody has acknowledged, by code',
    labelNames: ['code'],
    registers: [this.#registry],
  });

  private constructor() {
    this.#server = createServer((_, response) => {
      void this.#registry.metrics().then((text) => {
        response.setHeader('content-type', this.#registry.contentType);
        response.end(text);
      });
    });
  }

  static async open(port: number): Promise<WatchMetrics> {
    const metrics = new WatchMetrics();
    metrics.#server.listen(port, '127.0.0.1');
    await once(metrics.#server, 'listening');
    return metrics;
  }

  show(report: RoundReport): void {
    this.#size.set(report.log?.size ?? 0);
    this.#verified.set(report.verified.to);
    this.#witnessed.set(report.witnessed?.size ?? 0);
    this.#fresh.set(secondsOf(report.freshAt));
    this.#round.set(secondsOf(report.at));
    this.#reachable.set(report.unreachableSince === null ? 1 : 0);
    this.#alarms.reset();
    for (const [code, alarms] of Map.groupBy(report.alarms, (alarm) => alarm.code))
      this.#alarms.set({ code }, alarms.length);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #gauge(name: string, help: string): Gauge {
    return new Gauge({ name, help, registers: [this.#registry] });
  }
}

function secondsOf(at: string | null): number {
  return at === null ? 0 : Date.parse(at) / 1_000;
}
