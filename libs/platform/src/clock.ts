/** The time of day, injected so that tests and replays decide what "now" is. */
export interface Clock {
  now(): Date;
}

/** The machine's own clock. */
export const systemClock: Clock = { now: () => new Date() };

/** Nest token of the {@link Clock}. */
export const CLOCK = Symbol('Clock');
