/** A practice as the log gives it, against what nodes say that they hold of it. */
import { eventsDigest, foldPractice, foldingProcedure, stateDigest, type PracticeState } from '#contracts';
import { HubError } from '#errors';
import { finding, type FieldDifference, type ReplayFinding } from './finding.ts';
import { differences, valueAt } from './json-differences.ts';
import type { HeldDigest, NodeStates, PlacedThere } from './node-states.ts';
import type { RegistryHistory } from './registry-history.ts';
import type { ReplayedPractice, ReplayedStep } from './replay-practice.ts';

/** What a node lacks that the log had for less than this may be on its way. Milliseconds. */
const SETTLED_AFTER_MS = 60_000;
/** Fields that are told of one practice at one node. */
const MOST_FIELDS = 50;

export interface Comparison {
  /** 1 if two states were compared. */
  readonly compared: number;
  /** 1 if the node is not there yet, and need not be; or is ahead of the log. */
  readonly onTheWay: number;
  readonly findings: readonly ReplayFinding[];
}

/**
 * Compares with a node.
 * @param said what the node has said of the practice, at its last position then; undefined: nothing
 * @throws HubError `REPLAY_STATEMENT_INVALID`, and what a node that does not answer throws
 */
export async function comparePractice(
  replayed: ReplayedPractice,
  node: NodeStates,
  said: HeldDigest | undefined,
  registry: RegistryHistory,
): Promise<Comparison> {
  const comparison = new PracticeComparison(replayed, registry);
  if (said === undefined) comparison.missingAt(node.holder);
  else await comparison.with(node, said);
  return comparison;
}

class PracticeComparison implements Comparison {
  readonly findings: ReplayFinding[] = [];
  compared = 0;
  onTheWay = 0;
  readonly #replayed: ReplayedPractice;
  readonly #registry: RegistryHistory;
  readonly #parties: ReadonlySet<string>;

  constructor(replayed: ReplayedPractice, registry: RegistryHistory) {
    this.#replayed = replayed;
    this.#registry = registry;
    const participants = replayed.steps[0]?.decision.participants ?? [];
    this.#parties = new Set(participants.filter(({ joined }) => joined).map(({ ipa }) => ipa.toLowerCase()));
  }

  /** @throws HubError of the node */
  async with(node: NodeStates, said: HeldDigest): Promise<void> {
    if (!this.#parties.has(node.holder.toLowerCase())) {
      await this.#unknown(node, said);
      return;
    }
    const last = this.#replayed.steps.length;
    // The log may be behind the node, or be replayed up to an earlier time: then it is asked for that position.
    const [held] =
      said.position > last ? await node.named([{ practice: said.practice, position: last }]) : [said];
    if (held === undefined) {
      this.missingAt(node.holder);
      return;
    }
    this.#behind(held, said.time);
    await this.#compare(node, held);
  }

  /** A participant that says nothing of the practice. */
  missingAt(holder: string): void {
    const [first] = this.#replayed.steps;
    if (first === undefined || !this.#parties.has(holder.toLowerCase())) return;
    this.#find('REPLAY_STATE_MISSING', `${holder} takes part and has no state`, {
      node: holder,
      ...placeOf(first),
    });
  }

  async #compare(node: NodeStates, held: HeldDigest): Promise<void> {
    const { position } = held;
    const step = this.#replayed.steps[position - 1];
    if (step === undefined) return;
    this.compared += 1;
    const expected = this.#stateAt(position);
    const differs = expected !== null && stateDigest(expected) !== held.state;
    const otherEvents = eventsDigest(this.#placed(position)) !== held.events;
    if (!differs && !otherEvents) return;
    const { state, events } = await node.inFull({ practice: held.practice, position });
    const about = { node: node.holder, signed: held.signed };
    if (otherEvents) this.#otherEvents(events, { ...about, ...placeOf(step) }, position);
    if (!differs) return;
    const fields = differences(plain(expected), state)
      .slice(0, MOST_FIELDS)
      .map((one) => ({ ...one, since: this.#since(one.field, one.held, position) }));
    const why = otherEvents
      ? 'it has folded other events'
      : 'the events that it holds are the right ones: its stored state was changed';
    this.#find('REPLAY_STATE_DIFFERS', `${node.holder} at position ${position}: ${told(fields)}; ${why}`, {
      ...about,
      ...placeOf(step),
      ...(fields[0]?.since ? { event: fields[0].since, position: fields[0].since.position } : {}),
      fields,
    });
  }

  /** The first event, or decision, that the node does not hold as the archive does. */
  #otherEvents(there: readonly PlacedThere[], about: Partial<ReplayFinding>, position: number): void {
    const held = new Map(there.map((one) => [one.position, one]));
    const first = this.#replayed.steps.slice(0, position).find((step) => {
      const one = held.get(step.decision.position);
      return one?.event !== step.eventDigest || one.decision !== step.decisionDigest;
    });
    if (first === undefined) return;
    const one = held.get(first.decision.position);
    const what =
      one === undefined
        ? 'is not there'
        : one.event !== first.eventDigest
          ? 'is there in other bytes'
          : 'is there under another decision, or the decision in other bytes';
    this.#find(
      'REPLAY_EVENTS_DIFFER',
      `${about.node ?? ''}: event ${first.event.id} of ${first.event.author.ipa}, position ${first.decision.position}, ${what}`,
      { ...about, ...placeOf(first) },
    );
  }

  /** Positions that it does not have yet. */
  #behind(held: HeldDigest, time: string): void {
    const next = this.#replayed.steps[held.position];
    if (next === undefined) return;
    if (Date.parse(next.decision.time) > Date.parse(time) - SETTLED_AFTER_MS) {
      this.onTheWay += 1;
      return;
    }
    const { length } = this.#replayed.steps;
    this.#find('REPLAY_STATE_BEHIND', `${held.by} is at position ${held.position} of ${length}`, {
      node: held.by,
      signed: held.signed,
      ...placeOf(next),
    });
  }

  /** It holds a practice of which the log says nothing, or that it has no part in; or one that is too new for the log. */
  async #unknown(node: NodeStates, said: HeldDigest): Promise<void> {
    const isLogged = this.#replayed.steps.length > 0;
    if (!isLogged && (await isNew(node, said))) {
      this.onTheWay += 1;
      return;
    }
    const why = isLogged ? 'and takes no part in it' : 'of which the log has no decision';
    this.#find('REPLAY_STATE_UNKNOWN', `${node.holder} holds a state at position ${said.position}, ${why}`, {
      node: node.holder,
      signed: said.signed,
      position: said.position,
    });
  }

  #stateAt(position: number): PracticeState | null {
    const { steps, state } = this.#replayed;
    if (position === steps.length) return state;
    return [...this.#states(position)].at(-1) ?? null;
  }

  /** The state after each position up to one: the fold again, for what is asked for rarely. */
  *#states(upTo: number): Generator<PracticeState> {
    let state: PracticeState | null = null;
    for (const step of this.#replayed.steps.slice(0, upTo)) {
      const known = this.#registry.at(step.decision.registry.number);
      state = foldPractice(state, step, foldingProcedure(state, step, known));
      yield state;
    }
  }

  #placed(position: number) {
    return this.#replayed.steps
      .slice(0, position)
      .map(({ eventDigest: event, decisionDigest: decision }) => ({ event, decision }));
  }

  /** See `FieldDifference.since`. */
  #since(field: string, held: unknown, position: number): FieldDifference['since'] {
    let right = 0;
    let changed = 0;
    let before: unknown;
    let at = 0;
    for (const state of this.#states(position)) {
      at += 1;
      const value = valueAt(plain(state), field);
      if (same(value, held)) right = at;
      if (!same(value, before)) changed = at;
      before = value;
    }
    // Nothing of the log has ever given the state such a field.
    if (right === 0 && changed === 0) return null;
    const step = this.#replayed.steps[(right > 0 ? right + 1 : changed) - 1];
    return step === undefined ? null : sinceOf(step);
  }

  #find(code: ReplayFinding['code'], detail: string, more: Partial<ReplayFinding>): void {
    const { practice, cui } = this.#replayed;
    this.findings.push(finding(code, detail, { practice, cui, ...more }));
  }
}

function placeOf({ event, decision, leaf }: ReplayedStep): Partial<ReplayFinding> {
  return { event: { author: event.author.ipa, id: event.id }, position: decision.position, leaf };
}

function sinceOf({ event, decision }: ReplayedStep): NonNullable<FieldDifference['since']> {
  return { author: event.author.ipa, id: event.id, position: decision.position, type: event.type };
}

function told(fields: readonly FieldDifference[]): string {
  const [first, ...others] = fields;
  if (first === undefined) return 'its state is written in another way';
  const more = others.length === 0 ? '' : ` and ${others.length} more`;
  return `${first.field} is ${shown(first.held)}, not ${shown(first.expected)}${more}`;
}

/** Whether all that the node holds of it is younger than what the log may still have to take in. */
async function isNew(node: NodeStates, { practice, time }: HeldDigest): Promise<boolean> {
  try {
    const { state } = await node.inFull({ practice, position: null });
    const at = valueAt(state, 'acts[0].at');
    return typeof at === 'string' && Date.parse(at) > Date.parse(time) - SETTLED_AFTER_MS;
  } catch (error) {
    if (error instanceof HubError) return false;
    throw error;
  }
}

function plain(state: PracticeState): unknown {
  return JSON.parse(JSON.stringify(state));
}

function same(one: unknown, other: unknown): boolean {
  return differences(one, other).length === 0;
}

function shown(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value);
}
