import type { RegistryHeartbeat } from '#contracts';
import type { Clock } from '#platform';

/** Three heartbeats missed in a row. */
export const STALE_AFTER_MS = 180_000;

/** Tells a quiet registry from a stale copy: remembers when the registry was last heard. */
export class HeartbeatWatch {
  readonly #clock: Clock;
  readonly #staleAfterMs: number;
  #heardAt: Date;

  constructor(clock: Clock, staleAfterMs: number = STALE_AFTER_MS) {
    this.#clock = clock;
    this.#staleAfterMs = staleAfterMs;
    // Nothing heard yet: the wait begins with the process.
    this.#heardAt = clock.now();
  }

  /** Notes a verified heartbeat by the moment it was signed; an old one that comes late changes nothing. */
  heard({ time }: RegistryHeartbeat): void {
    const at = new Date(time);
    if (at > this.#heardAt) this.#heardAt = at;
  }

  /** Since when the copy may be stale; null while the registry is heard. */
  get staleSince(): Date | null {
    const silentMs = this.#clock.now().getTime() - this.#heardAt.getTime();
    return silentMs > this.#staleAfterMs ? this.#heardAt : null;
  }
}
