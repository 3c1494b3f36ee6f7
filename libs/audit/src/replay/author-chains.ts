import type { HubEvent, Sha256 } from '#contracts';

interface Head {
  readonly number: number;
  readonly digest: Sha256 | null;
}

const FIRST: Head = { number: 0, digest: null };

/**
 * Each author's own numbering and chain within one practice, as events get their places. A number that its author has
 * voided, with an event of another number, is skipped: nothing has it.
 */
export class AuthorChains {
  readonly #heads = new Map<string, Head>();
  /** By author and number, the digest of the event that was voided. */
  readonly #voided: ReadonlyMap<string, Sha256>;

  /** @param events all that the log has of the practice: a void closes a number before it gets a place itself */
  constructor(events: Iterable<HubEvent>) {
    this.#voided = new Map(
      [...events].flatMap(({ author, sequence, body }) =>
        body.type === 'event.voided' && body.number !== sequence.number
          ? [[slot(author.ipa, body.number), body.digest] as const]
          : [],
      ),
    );
  }

  /**
   * Takes in the event that was placed next.
   * @param digest of its signed bytes
   * @returns why it should not have been: null if it is its author's next
   */
  place({ id, author, sequence }: HubEvent, digest: Sha256): string | null {
    const head = this.#passVoided(author.ipa, sequence.number);
    this.#heads.set(author.ipa, { number: sequence.number, digest });
    if (sequence.number !== head.number + 1)
      return `event ${id} of ${author.ipa} has number ${sequence.number}, after ${head.number}`;
    if (sequence.previous !== head.digest)
      return `event ${id} of ${author.ipa} names ${sequence.previous ?? 'no predecessor'}, where ${head.digest ?? 'none'} was its last`;
    return null;
  }

  #passVoided(author: string, upTo: number): Head {
    let head = this.#heads.get(author) ?? FIRST;
    while (head.number + 1 < upTo) {
      const digest = this.#voided.get(slot(author, head.number + 1));
      if (digest === undefined) break;
      head = { number: head.number + 1, digest };
    }
    return head;
  }
}

function slot(author: string, number: number): string {
  return `${author}#${number}`;
}
