import { clockError } from './faults/fault-orders.ts';

/** The time of day, injected so that tests and replays decide what "now" is. */
export interface Clock {
  now(): Date;
}

/** The machine's own clock; off by what a fault test orders. */
export const systemClock: Clock = { now: () => new Date(Date.now() + clockError()) };

/** Nest token of the {@link Clock}. */
export const CLOCK = Symbol('Clock');
