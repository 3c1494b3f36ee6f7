import { SIGNING_TIME_TOLERANCE_MS } from '#evidence';

/**
 * When a leaf came to the log, at the earliest. Leaves are in the order of their arrival, and the log takes nothing in
 * that says that it was signed more than a quarter of an hour ahead: so a leaf has not come before the time of any leaf
 * in front of it, less that. Who has stolen a key that was revoked since cannot date a decision back behind that.
 */
export class Arrival {
  #latest: number;

  constructor(latest = 0) {
    this.#latest = latest;
  }

  /** The latest SigningTime so far, milliseconds. */
  get latest(): number {
    return this.#latest;
  }

  /** Of a document that says that it was signed then. */
  of(signingTime: Date): Date {
    return new Date(Math.max(signingTime.getTime(), this.#latest - SIGNING_TIME_TOLERANCE_MS));
  }

  /** A leaf with that SigningTime, whose signature verifies, has passed. */
  pass(signingTime: Date): void {
    this.#latest = Math.max(this.#latest, signingTime.getTime());
  }
}
