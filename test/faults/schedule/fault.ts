import type { FaultNetwork } from '../network/fault-network.ts';
import type { Random } from '../random.ts';

/** One fault as a seed has drawn it. */
export interface Fault {
  readonly kind: string;
  /** Whom it hits: no two faults hit the same at the same time. */
  readonly victim: string;
  /** What exactly is done to it, in words. */
  readonly what: string;
  /** Of a process that is killed: what it is, and at which point, or `anywhere`. */
  readonly death?: { readonly app: string; readonly point: string };
  /**
   * Does it, and returns when its victim works again.
   * @throws Error naming what was waited for
   */
  readonly strike: (network: FaultNetwork) => Promise<Struck>;
}

/** `done`: it happened. `not reached`: a crash point that nobody passed in time; the process was killed where it was. */
export type Struck = 'done' | 'not reached';

/** A kind of fault: how one is drawn. */
export interface FaultKind {
  readonly kind: string;
  /** What the table of docs/reliability.md says of it. */
  readonly title: string;
  /** How many of about forty faults are of this kind. */
  readonly weight: number;
  readonly draw: (random: Random) => Fault;
}
