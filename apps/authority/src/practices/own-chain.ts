/** This node's own events of one practice, as their author counts them. */
import { parseEvent, type EventId, type HubEvent, type PracticeRef, type Sha256 } from '#contracts';
import type { Tx } from '#persistence';
import type { NodeParts } from '../node-parts.ts';

/** An event of this node's that has not been replaced. */
export interface OwnEvent {
  readonly event: HubEvent;
  readonly status: 'provisional' | 'accepted' | 'waiting' | 'parked';
  readonly digest: Sha256;
}

/** Own events in the order of their numbers; of two with one number (a release overtook its replacement) the placed one last. */
export class OwnChain {
  readonly #events: readonly OwnEvent[];

  private constructor(events: readonly OwnEvent[]) {
    this.#events = events;
  }

  /** The caller holds the practice's row lock. */
  static async load(tx: Tx, { ipa }: NodeParts, { owner, uuid }: PracticeRef): Promise<OwnChain> {
    const rows = await tx.query<Omit<OwnEvent, 'event'> & { bytes: Buffer }>(
      `select bytes, status, digest from event
       where owner = $1 and uuid = $2 and author = $3 and status <> 'replaced'
       order by number, (status in ('accepted', 'waiting')), received_at`,
      [owner, uuid, ipa],
    );
    return new OwnChain(rows.map(({ bytes, ...row }) => ({ ...row, event: parseEvent(bytes) })));
  }

  find(id: EventId): OwnEvent | undefined {
    return this.#events.find(({ event }) => event.id === id);
  }

  /** The event that stands under a number; undefined if there is none. */
  standing(number: number): OwnEvent | undefined {
    return this.#events.findLast(({ event }) => event.sequence.number === number);
  }

  /** The events from `number` on that have no place, those that their author voids left out. */
  unplacedFrom(number: number): readonly OwnEvent[] {
    return this.#events.filter(
      (own) =>
        own.event.sequence.number >= number &&
        (own.status === 'parked' || own.status === 'provisional') &&
        this.voidOf(own.event) === undefined &&
        this.standing(own.event.sequence.number) === own,
    );
  }

  /** The own act that closes an event's number. */
  voidOf({ sequence }: HubEvent): HubEvent | undefined {
    const found = this.#events.find(
      ({ event: { body } }) => body.type === 'event.voided' && body.number === sequence.number,
    );
    return found?.event;
  }
}
