import { HubError } from '#errors';

export type HealthStatus = 'up' | 'degraded' | 'down';

export interface ProbeResult {
  readonly status: HealthStatus;
  /** One sentence for the operator; no personal data, no secrets: anyone can read it. */
  readonly detail?: string;
}

export interface HealthReport {
  readonly status: HealthStatus;
  readonly checks: Readonly<Record<string, ProbeResult>>;
}

export interface ProbeOptions {
  /** A required probe that is down makes the whole node down (503); any other makes it degraded (200). */
  readonly required?: boolean;
}

interface Probe {
  readonly check: () => ProbeResult | Promise<ProbeResult>;
  readonly required: boolean;
}

/** A probe that takes longer counts as down, milliseconds. */
const PROBE_TIMEOUT_MS = 2_000;

/** The named probes of a process. Rooms register theirs; `/health` asks them all at once. */
export class HealthRegistry {
  readonly #probes = new Map<string, Probe>();

  constructor(private readonly timeoutMs: number = PROBE_TIMEOUT_MS) {}

  /** Adds a probe, or replaces the one of that name. A probe that throws is down. */
  register(name: string, check: Probe['check'], { required = true }: ProbeOptions = {}): void {
    this.#probes.set(name, { check, required });
  }

  /** Asks every probe. Down if a required one is down, degraded if any is not up. */
  async check(): Promise<HealthReport> {
    const answers = await Promise.all(
      [...this.#probes].map(async ([name, probe]) => ({ name, probe, result: await this.#ask(probe) })),
    );
    const isDown = answers.some(({ probe, result }) => probe.required && result.status === 'down');
    const isUp = answers.every(({ result }) => result.status === 'up');
    return {
      status: isDown ? 'down' : isUp ? 'up' : 'degraded',
      checks: Object.fromEntries(answers.map(({ name, result }) => [name, result])),
    };
  }

  async #ask(probe: Probe): Promise<ProbeResult> {
    const late = Promise.withResolvers<ProbeResult>();
    const timer = setTimeout(() => {
      late.resolve({ status: 'down', detail: `no answer within ${this.timeoutMs} ms` });
    }, this.timeoutMs);
    try {
      return await Promise.race([Promise.resolve().then(probe.check), late.promise]);
    } catch (error) {
      // Whoever reads this has no token: the code and its sentence, never the message of an unknown error.
      const detail = error instanceof HubError ? `${error.code}: ${error.policy.en}` : 'the probe failed';
      return { status: 'down', detail };
    } finally {
      clearTimeout(timer);
    }
  }
}
