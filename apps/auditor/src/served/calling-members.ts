import { peerOf } from '#access';
import { callingHolder, type CallerRegistry } from '#peers';
import type { Clock } from '#platform';
import type { Request } from 'express';

/** Which member of the network calls, on routes that open to a certificate or to a token. */
export class CallingMembers {
  readonly #registry: CallerRegistry;
  readonly #clock: Clock;

  constructor(registry: CallerRegistry, clock: Clock) {
    this.#registry = registry;
    this.#clock = clock;
  }

  /**
   * The IPA code of the member whose node calls; null if a token does.
   * @throws HubError `PEER_NOT_RECOGNISED` if the registry lists no current transport certificate of a member for it
   */
  of(request: Request): string | null {
    const certificate = peerOf(request);
    if (certificate === undefined) return null;
    return callingHolder(this.#registry, certificate, 'authority', this.#clock.now());
  }
}
