import {
  parseCui,
  parseIpaCode,
  parsePracticeId,
  type EventType,
  type IpaCode,
  type PracticeRef,
} from '#contracts';
import { DEFAULT_PROCEDURE } from './catalogue-changes.ts';
import { EventBuilder, type AuthorHead, type OpenPractice, type SignedEvent } from './event.ts';
import type { TestNetwork } from './network.ts';

/**
 * One practice and what its authors have signed in it so far. Each event that is signed here takes its author's next
 * number and names the one before; whether it is delivered is the test's choice.
 */
export class TestPractice implements OpenPractice {
  readonly network: TestNetwork;
  readonly #uuid: string;
  readonly #heads = new Map<IpaCode, AuthorHead>();
  #owner = 'c_d150';
  procedure: { readonly code: string; readonly version: number } = { code: DEFAULT_PROCEDURE, version: 1 };

  constructor(network: TestNetwork) {
    this.network = network;
    this.#uuid = network.ids.uuid();
  }

  get ref(): PracticeRef {
    const progressive = String(Number.parseInt(this.#uuid.slice(-8), 16)).padStart(6, '0');
    return {
      owner: parseIpaCode(this.#owner),
      uuid: parsePracticeId(this.#uuid),
      cui: parseCui(`${this.#owner}/2026/${progressive}`),
    };
  }

  /** The filing that opens the practice, by its owner: of `edilizia.scia` unless another procedure is named. */
  filedBy(ipa: string): EventBuilder {
    this.#owner = ipa;
    return new EventBuilder(this, ipa, 'practice.filed');
  }

  /** An act in the practice; `conclusion.issued` unless another type is named. */
  actBy(ipa: string, type: EventType = 'conclusion.issued'): EventBuilder {
    return new EventBuilder(this, ipa, type);
  }

  /** The author closes the number of an event that can never pass. */
  voidedBy(ipa: string, parked: SignedEvent): EventBuilder {
    const { id, sequence } = parked.event;
    return new EventBuilder(this, ipa, 'event.voided').body({
      type: 'event.voided',
      event: id,
      number: sequence.number,
      digest: parked.digest,
      reason: 'parked',
    });
  }

  headOf(ipa: IpaCode): AuthorHead {
    return this.#heads.get(ipa) ?? { number: 0, digest: null };
  }

  /** Remembers what the author has signed, if it is its newest. */
  signed(ipa: IpaCode, head: AuthorHead, replaces: boolean): void {
    const { number } = this.headOf(ipa);
    if (head.number > number || (replaces && head.number === number)) this.#heads.set(ipa, head);
  }
}

/** A new practice in the network, with nothing signed yet. */
export function aPractice(network: TestNetwork): TestPractice {
  return new TestPractice(network);
}

/** A filing by `ipa` in a practice of its own, to be made good or bad. */
export function anEvent(network: TestNetwork, ipa = 'c_d150'): EventBuilder {
  return aPractice(network).filedBy(ipa);
}
