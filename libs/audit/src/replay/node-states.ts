/** What nodes say of the states that they hold: asked for through a port, believed as far as they have signed it. */
import { canonicalState, PRACTICE_STATE_FORMAT, type PracticeState, type StateDigest } from '#contracts';
import { HubError } from '#errors';
import { itemsOfBatch, sha256Hex, verifyStateDigest, type TrustView } from '#evidence';

/** What a node says of a practice after a position, with its signature. */
export interface HeldDigest {
  readonly by: string;
  /** When it looked. */
  readonly time: string;
  /** `<owner>/<uuid>` */
  readonly practice: string;
  readonly position: number;
  readonly state: string;
  readonly events: string;
  /** The signed item, base64: it verifies alone. */
  readonly signed: string;
}

/** A page of digests as a node answers it. */
export interface StatesPage {
  /** The signed batch; null for a page of none. */
  readonly batch: Buffer | null;
  /** Every item of the batch, in its order. */
  readonly items: readonly Buffer[];
  readonly next: string | null;
}

/** A state as a node answers it. */
export interface StateInFull {
  readonly item: Buffer;
  /** Canonical JSON. */
  readonly state: Buffer;
  readonly events: readonly PlacedThere[];
}

export interface PlacedThere {
  readonly position: number;
  readonly author: string;
  readonly eventId: string;
  readonly event: string;
  readonly decision: string | null;
}

/** A practice at a position; null: at the node's last one. */
export interface WantedState {
  readonly practice: string;
  readonly position: number | null;
}

/** How many practices `named` asks for at once. */
export const NAMED_AT_ONCE = 64;

/** A node that can be asked what it holds. Each throws HubError if it does not answer. */
export interface AskedNode {
  /** IPA code. */
  readonly holder: string;
  page(after: string | null): Promise<StatesPage>;
  /** Up to `NAMED_AT_ONCE` of them. */
  named(wanted: readonly WantedState[]): Promise<StatesPage>;
  /** All of a state. */
  inFull(wanted: WantedState): Promise<StateInFull>;
}

/** A node's answers, verified. */
export class NodeStates {
  readonly holder: string;
  readonly #node: AskedNode;
  readonly #trust: TrustView;
  readonly #now: () => Date;

  constructor(node: AskedNode, trust: TrustView, now: () => Date) {
    this.holder = node.holder;
    this.#node = node;
    this.#trust = trust;
    this.#now = now;
  }

  /** Everything that it holds. @throws HubError `REPLAY_STATEMENT_INVALID`, and the node's own */
  async *all(): AsyncGenerator<HeldDigest> {
    let after: string | null = null;
    do {
      const page: StatesPage = await this.#node.page(after);
      yield* this.#verified(page);
      // A node that gives no further page, and one that gives the same for ever, both end here.
      after = page.next === after || page.items.length === 0 ? null : page.next;
    } while (after !== null);
  }

  /** Of these practices, those that it has. @throws as `all` */
  async named(wanted: readonly WantedState[]): Promise<HeldDigest[]> {
    const found: HeldDigest[] = [];
    for (let i = 0; i < wanted.length; i += NAMED_AT_ONCE)
      found.push(...this.#verified(await this.#node.named(wanted.slice(i, i + NAMED_AT_ONCE))));
    return found;
  }

  /** A state that is the one of its signed digest. @throws as `all` */
  async inFull(wanted: WantedState): Promise<{
    readonly held: HeldDigest;
    readonly state: unknown;
    readonly events: readonly PlacedThere[];
  }> {
    const { item, state, events } = await this.#node.inFull(wanted);
    const held = this.#verifiedItem(item);
    if (held.practice !== wanted.practice || sha256Hex(state) !== held.state)
      throw this.#invalid(`the state of ${wanted.practice} is not the one of its signed digest`);
    return { held, state: readCanonical(state) ?? {}, events };
  }

  #verified({ batch, items }: StatesPage): HeldDigest[] {
    if (batch === null) {
      if (items.length === 0) return [];
      throw this.#invalid('digests without a signature');
    }
    return itemsOfBatch(batch, items).map((item) => this.#verifiedItem(item));
  }

  #verifiedItem(signed: Buffer): HeldDigest {
    const held = this.#signedBy(signed);
    if (held.by.toLowerCase() !== this.holder.toLowerCase()) throw this.#invalid(`it speaks as ${held.by}`);
    if (held.format !== PRACTICE_STATE_FORMAT) throw this.#invalid(`its states are of form ${held.format}`);
    const { by, time, practice, position, state, events } = held;
    const name = `${practice.owner}/${practice.uuid}`;
    return { by, time, practice: name, position, state, events, signed: signed.toString('base64') };
  }

  #signedBy(signed: Buffer): StateDigest {
    try {
      return verifyStateDigest(signed, this.#trust, this.#now()).held;
    } catch (cause) {
      if (!(cause instanceof HubError)) throw cause;
      throw this.#invalid(`${cause.code}: ${cause.message}`, cause);
    }
  }

  #invalid(reason: string, cause?: unknown): HubError {
    return new HubError('REPLAY_STATEMENT_INVALID', `${this.holder}: ${reason}`, { cause });
  }
}

/** Canonical JSON only: another spelling would be another digest for the same state. */
function readCanonical(bytes: Buffer): unknown {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    return canonicalState(value as PracticeState).equals(bytes) ? value : undefined;
  } catch {
    return undefined;
  }
}
