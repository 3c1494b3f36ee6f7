import type { Arrival, NamingEvent } from './mark-complete.ts';

/** Documents marked in one transaction at most. */
const MAX_TOGETHER = 256;

/** Marks documents of one event in one transaction, as `markComplete` does. */
export type MarkAll = (event: NamingEvent, arrivals: readonly Arrival[]) => Promise<void>;

interface Waiting {
  readonly event: NamingEvent;
  readonly arrival: Arrival;
  readonly settle: PromiseWithResolvers<undefined>;
}

/**
 * Marks documents that have arrived, one transaction at a time: what arrives of the same event meanwhile is marked
 * together by the next. A single large document waits for nothing; of ten thousand small ones as many share a
 * transaction as arrive while one commits.
 */
export class Arrivals {
  readonly #markAll: MarkAll;
  /** In the order in which they came. */
  #waiting: Waiting[] = [];
  #marking = false;

  constructor(markAll: MarkAll) {
    this.#markAll = markAll;
  }

  /** Resolves once the document is marked, for good. @throws as `markComplete` */
  async mark(event: NamingEvent, arrival: Arrival): Promise<void> {
    const settle = Promise.withResolvers<undefined>();
    this.#waiting.push({ event, arrival, settle });
    if (!this.#marking) void this.#run();
    await settle.promise;
  }

  async #run(): Promise<void> {
    this.#marking = true;
    for (let [first] = this.#waiting; first !== undefined; [first] = this.#waiting) {
      await this.#markTogether(this.#take(first.event));
    }
    this.#marking = false;
  }

  #take({ author, eventId }: NamingEvent): readonly Waiting[] {
    const isOfEvent = ({ event }: Waiting): boolean => event.author === author && event.eventId === eventId;
    const taken = this.#waiting.filter(isOfEvent).slice(0, MAX_TOGETHER);
    this.#waiting = this.#waiting.filter((each) => !taken.includes(each));
    return taken;
  }

  /** What fails together is tried one by one: a document that cannot be marked holds no other up. */
  async #markTogether(together: readonly Waiting[]): Promise<void> {
    const [first] = together;
    if (first === undefined) return;
    try {
      await this.#markAll(
        first.event,
        together.map(({ arrival }) => arrival),
      );
      for (const { settle } of together) settle.resolve(undefined);
    } catch (error) {
      if (together.length === 1) first.settle.reject(error);
      else for (const each of together) await this.#markTogether([each]);
    }
  }
}
