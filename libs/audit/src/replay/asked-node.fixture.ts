/** A node that holds what a replay gives, for specs, unless it is told to hold something else. Its digests are really signed. */
import {
  canonicalState,
  DOCUMENT_VERSION,
  eventsDigest,
  parseIpaCode,
  parsePracticeId,
  parseSha256,
  PRACTICE_STATE_FORMAT,
  serializeStateDigest,
  type PracticeState,
  type Sha256,
  type StateDigest,
} from '#contracts';
import { sha256Hex, signStateDigests } from '#evidence';
import type { TestNetwork } from '#testing';
import type { AskedNode, PlacedThere, StateInFull, StatesPage, WantedState } from './node-states.ts';
import type { ReplayedPractice } from './replay-practice.ts';

interface Held {
  readonly practice: string;
  /** States by position, from 1. */
  states: unknown[];
  events: PlacedThere[];
}

export class NodeInMemory implements AskedNode {
  readonly held = new Map<string, Held>();
  /** Practices asked for in full, in their order. */
  readonly asked: string[] = [];
  /** Who signs; the node itself unless changed. */
  signer: string;
  pageSize = 2;

  constructor(
    readonly network: TestNetwork,
    readonly holder: string,
  ) {
    this.signer = holder;
  }

  /** Holds practices as the log says; those that it takes part in. */
  holds(replayed: readonly ReplayedPractice[], states: ReadonlyMap<string, readonly PracticeState[]>): void {
    for (const { practice, steps } of replayed) {
      const parties = steps[0]?.decision.participants ?? [];
      if (!parties.some(({ ipa, joined }) => joined && ipa === this.holder)) continue;
      const events = steps.map(({ event, eventDigest, decisionDigest, decision }) => ({
        position: decision.position,
        author: event.author.ipa,
        eventId: event.id,
        event: eventDigest,
        decision: decisionDigest,
      }));
      this.held.set(practice, { practice, events, states: [...(states.get(practice) ?? [])] });
    }
  }

  async page(after: string | null): Promise<StatesPage> {
    const all = [...this.held.keys()].sort();
    const from = after === null ? 0 : all.indexOf(after) + 1;
    const names = all.slice(from, from + this.pageSize);
    const next = from + names.length < all.length ? (names.at(-1) ?? null) : null;
    return { ...(await this.#signed(names.map((practice) => ({ practice, position: null })))), next };
  }

  async named(wanted: readonly WantedState[]): Promise<StatesPage> {
    return { ...(await this.#signed(wanted.filter(({ practice }) => this.held.has(practice)))), next: null };
  }

  async inFull(wanted: WantedState): Promise<StateInFull> {
    this.asked.push(wanted.practice);
    const { state, events } = this.#at(wanted);
    const { items } = await signStateDigests(
      [this.#digest(wanted)],
      this.network.signerOf(this.signer),
      this.network.clock.now(),
    );
    return { item: items[0] ?? Buffer.alloc(0), state, events };
  }

  async #signed(wanted: readonly WantedState[]): Promise<Omit<StatesPage, 'next'>> {
    if (wanted.length === 0) return { batch: null, items: [] };
    const digests = wanted.map((one) => this.#digest(one));
    const { batch } = await signStateDigests(
      digests,
      this.network.signerOf(this.signer),
      this.network.clock.now(),
    );
    return { batch, items: digests.map(serializeStateDigest) };
  }

  #digest(wanted: WantedState): StateDigest {
    const { state, events, position } = this.#at(wanted);
    const [owner = '', uuid = ''] = wanted.practice.split('/');
    return {
      version: DOCUMENT_VERSION,
      by: parseIpaCode(this.holder),
      time: this.network.clock.now().toISOString(),
      practice: { owner: parseIpaCode(owner), uuid: parsePracticeId(uuid) },
      position,
      format: PRACTICE_STATE_FORMAT,
      state: sha256Hex(state),
      events: eventsDigest(
        events.map(({ event, decision }) => ({ event: digest(event), decision: digest(decision) })),
      ),
    };
  }

  #at({ practice, position }: WantedState) {
    const held = this.held.get(practice);
    if (held === undefined) throw new Error(`${this.holder} does not hold ${practice}`);
    const last = Math.min(position ?? held.states.length, held.states.length);
    return {
      position: last,
      state: canonicalState(held.states[last - 1] as PracticeState),
      events: held.events.filter((one) => one.position <= last),
    };
  }
}

function digest(hex: string | null): Sha256 {
  return parseSha256(hex ?? '0'.repeat(64));
}
