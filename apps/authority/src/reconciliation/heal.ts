import { createHash } from 'node:crypto';
import { parseDecision, parseSignedItem, sameIpa } from '#contracts';
import { HubError } from '#errors';
import { fetchEvents, type FetchedEvent } from '../gaps/fetch-events.ts';
import type { JudgeFetched } from '../gaps/judge-fetched.ts';
import { checkSignatures } from '../inbox/check-signatures.ts';
import { recordOf } from '../inbox/park-received.ts';
import { screenEvent, type Received } from '../inbox/screen-event.ts';
import type { NodeParts } from '../node-parts.ts';
import type { Partner } from './peer-tree.ts';
import type { RangeItem } from './range-tree.ts';
import { restoreLost } from './restore-lost.ts';

/** What became of an event that was missing here: in its place, or the code of what is in the way. */
export interface Healed {
  readonly item: RangeItem;
  /** Null: it is here now. */
  readonly code: string | null;
}

/** Fetches what is missing here from the neighbour that holds it, and has it judged as what the inbox brings is judged. */
export class Heal {
  readonly #parts: NodeParts;
  readonly #judge: Pick<JudgeFetched, 'run'>;
  readonly #taken: () => void;

  /** @param taken called when events were taken in: they may name documents */
  constructor(parts: NodeParts, judge: Pick<JudgeFetched, 'run'>, taken: () => void) {
    this.#parts = parts;
    this.#judge = judge;
    this.#taken = taken;
  }

  /**
   * One by one, each practice in the order of its positions. What does not pass has its code and holds up nothing else.
   * @throws HubError `PEER_AWAY` when the neighbour is gone: the rest is for another time
   */
  async run(items: readonly RangeItem[], partner: Partner): Promise<Healed[]> {
    const outcomes: Healed[] = [];
    for (const item of inOrder(items)) {
      partner.signal?.throwIfAborted();
      outcomes.push({ item, code: await this.#one(item, partner) });
    }
    if (outcomes.some(({ code }) => code === null)) this.#taken();
    return outcomes;
  }

  async #one(item: RangeItem, partner: Partner): Promise<string | null> {
    try {
      const fetched = await this.#fetch(item, partner);
      const received = await this.#screen(fetched);
      const now = this.#parts.clock.now();
      if (await this.#parts.work.run((tx) => restoreLost(tx, this.#parts, received, now))) return null;
      return (await this.#judge.run(fetched)) === 'later' ? 'REGISTRY_BEHIND' : null;
    } catch (error) {
      if (!(error instanceof HubError) || error.code === 'PEER_AWAY') throw error;
      return error.code;
    }
  }

  /** What the neighbour gives has to be what it named, and something that it was told of itself. */
  async #fetch(item: RangeItem, { client, neighbour, signal }: Partner): Promise<FetchedEvent> {
    const range = { from: item.position, to: item.position };
    const { events } = await fetchEvents(client, neighbour, item, range, signal);
    const fetched = events[0];
    const isNamed =
      fetched?.event.id === item.eventId &&
      sameIpa(fetched.event.author.ipa, item.author) &&
      sha256(fetched.bytes) === item.digest &&
      sha256(fetched.decisionBytes) === item.decisionDigest;
    if (isNamed && isParty(fetched.decisionBytes, neighbour.holder)) return fetched;
    throw new HubError(
      'RECONCILIATION_ANSWER_INVALID',
      `${neighbour.holder} does not give the event ${item.eventId} of ${item.author} that it named`,
    );
  }

  async #screen(fetched: FetchedEvent): Promise<Received> {
    const { verifier, clock } = this.#parts;
    const now = clock.now();
    const record = recordOf(this.#parts, fetched, now);
    const checked = await checkSignatures([record], verifier);
    return screenEvent(record, checked.events.get(record), this.#parts, now);
  }
}

function isParty(decision: Buffer, holder: string): boolean {
  const { participants } = parseDecision(parseSignedItem(decision).item);
  return participants.some(({ ipa, joined }) => joined && sameIpa(ipa, holder));
}

function inOrder(items: readonly RangeItem[]): RangeItem[] {
  const practice = ({ owner, uuid }: RangeItem): string => `${owner}/${uuid}`;
  return items.toSorted((one, other) =>
    practice(one) === practice(other)
      ? one.position - other.position
      : practice(one) < practice(other)
        ? -1
        : 1,
  );
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
