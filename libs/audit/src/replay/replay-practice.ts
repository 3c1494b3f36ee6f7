/** One practice, replayed from what the log has of it. Pure. */
import {
  foldingProcedure,
  foldPractice,
  parseDecision,
  type Decision,
  type FoldStep,
  type PracticeState,
  type SettledPractice,
} from '#contracts';
import { HubError } from '#errors';
import { AuthorChains } from './author-chains.ts';
import { finding, type ReplayFinding } from './finding.ts';
import { placedDigest, redecide } from './redecide.ts';
import type { RegistryHistory } from './registry-history.ts';
import type { DecisionRecord, EventRecord, LostRecord, ReplayRecord } from './replay-record.ts';

/** An event in its place. */
export interface ReplayedStep extends FoldStep {
  /** SHA-256 of the `SignedItem`. */
  readonly decisionDigest: DecisionRecord['digest'];
  /** Place of the decision in the log. */
  readonly leaf: number;
}

export interface ReplayedPractice {
  /** `<owner>/<uuid>` */
  readonly practice: string;
  readonly cui: string | null;
  /** In position order, from 1, as far as nothing is missing. */
  readonly steps: readonly ReplayedStep[];
  /** After the last step; null if there is none. */
  readonly state: PracticeState | null;
  /** Decisions that were made again. */
  readonly decided: number;
  /** Events without a decision: on their way, parked, or replaced. */
  readonly unplaced: number;
  /** What the copy lacks: null if it has every document of the practice, `all` if it has none. */
  readonly lacking: 'some' | 'all' | null;
  readonly findings: readonly ReplayFinding[];
}

export interface ReplayWindow {
  /** UTC, `YYYY-MM-DDTHH:MM:SS.mmmZ`: decisions from then on are judged. */
  readonly from?: string | undefined;
  /** Decisions up to then count: the state is the one of that time. */
  readonly to?: string | undefined;
}

interface Decided {
  readonly record: DecisionRecord;
  readonly decision: Decision;
}

/** Replays a practice: decides again, in position order, and folds. */
export function replayPractice(
  practice: string,
  records: readonly ReplayRecord[],
  registry: RegistryHistory,
  { from, to }: ReplayWindow = {},
): ReplayedPractice {
  const events = new Map(
    records.flatMap((one) =>
      one.kind === 'event' ? [[nameOf(one.event.author.ipa, one.event.id), one]] : [],
    ),
  );
  const decided = decidedBy(decisionsOf(records), to);
  const lost = records.filter((one) => one.kind === 'lost');
  const cui = decided[0]?.decision.practice.cui ?? null;
  const run = new PracticeRun({ practice, cui, events, lost, registry, from });
  for (const one of decided) run.take(one);
  run.tellLost();
  const placed = new Set(decided.map(({ decision: { event } }) => nameOf(event.author, event.id)));
  return {
    practice,
    cui,
    steps: run.steps,
    state: run.state,
    decided: run.decided,
    unplaced: [...events.keys()].filter((name) => !placed.has(name)).length,
    lacking: lackingOf(lost, records),
    findings: run.findings,
  };
}

function decisionsOf(records: readonly ReplayRecord[]): Decided[] {
  return records
    .flatMap((record) =>
      record.kind === 'decision'
        ? [{ record, decision: parseDecision(Buffer.from(record.item, 'utf8')) }]
        : [],
    )
    .sort((a, b) => a.decision.position - b.decision.position || a.record.leaf - b.record.leaf);
}

/** Up to the first one that was made later: a router whose clock went back leaves no gap. */
function decidedBy(decided: readonly Decided[], to: string | undefined): readonly Decided[] {
  const later = to === undefined ? -1 : decided.findIndex(({ decision }) => decision.time > to);
  return later === -1 ? decided : decided.slice(0, later);
}

function lackingOf(
  lost: readonly LostRecord[],
  records: readonly ReplayRecord[],
): ReplayedPractice['lacking'] {
  const absent = lost.filter(({ refusal }) => refusal === null).length;
  if (absent === 0) return null;
  const present = records.some(({ kind }) => kind === 'event' || kind === 'decision');
  return present ? 'some' : 'all';
}

interface PracticeParts {
  /** `<owner>/<uuid>` */
  readonly practice: string;
  readonly cui: string | null;
  /** By author and id. */
  readonly events: ReadonlyMap<string, EventRecord>;
  readonly lost: readonly LostRecord[];
  readonly registry: RegistryHistory;
  readonly from: string | undefined;
}

/** The replay of one practice as it goes on. */
class PracticeRun {
  readonly findings: ReplayFinding[] = [];
  readonly steps: ReplayedStep[] = [];
  state: PracticeState | null = null;
  decided = 0;
  readonly #parts: PracticeParts;
  readonly #chains: AuthorChains;
  #settled: SettledPractice | null = null;
  #last: Decided | undefined;
  /** Something is missing: later events have no state to be folded into. */
  #isBroken = false;

  constructor(parts: PracticeParts) {
    this.#parts = parts;
    this.#chains = new AuthorChains([...parts.events.values()].map(({ event }) => event));
  }

  take(one: Decided): void {
    const { decision } = one;
    const expected = (this.#last?.decision.position ?? 0) + 1;
    if (decision.position < expected) {
      this.#find(
        'REPLAY_POSITION_TAKEN',
        one,
        `position ${decision.position} is that of leaf ${this.#last?.record.leaf ?? 0}, too`,
      );
      return;
    }
    for (let missing = expected; missing < decision.position; missing += 1) this.#without(one, missing);
    this.#last = one;
    const event = this.#parts.events.get(nameOf(decision.event.author, decision.event.id));
    if (event === undefined) this.#withoutEvent(one);
    else this.#judge(one, event);
  }

  /** Documents that the copy lacks, or that are not what their entries say. */
  tellLost(): void {
    const { practice, cui, lost } = this.#parts;
    for (const { leaf, of, author, id, position, refusal } of lost) {
      const about = { practice, cui, leaf, event: { author, id }, position };
      this.findings.push(
        refusal === null
          ? finding('REPLAY_BYTES_MISSING', `the signed bytes of ${of} ${id} are not in the archive`, about)
          : finding('REPLAY_BYTES_UNREADABLE', `${of} ${id}: ${refusal.code}: ${refusal.message}`, about),
      );
    }
  }

  /** A position without a decision, which shows at the next one. What is lost is told as such. */
  #without(next: Decided, position: number): void {
    this.#isBroken = true;
    if (this.#parts.lost.some((one) => one.of === 'decision' && one.position === position)) return;
    this.#find('REPLAY_POSITION_MISSING', next, `the log has no decision for position ${position}`, true);
  }

  #withoutEvent(one: Decided): void {
    const { event, position } = one.decision;
    this.#isBroken = true;
    this.#settled ??= settledBy(one.decision);
    if (
      this.#parts.lost.some(
        ({ of, id, author }) => of === 'event' && id === event.id && author === event.author,
      )
    )
      return;
    const detail = `the log has no event ${event.id} of ${event.author}, which has position ${position}`;
    this.#find('REPLAY_EVENT_MISSING', one, detail, true);
  }

  #judge(one: Decided, event: EventRecord): void {
    const { disagreement, settled } = redecide(event, one.record, this.#settled, this.#parts.registry);
    this.#settled = settled;
    if (this.#isJudged(one)) this.decided += 1;
    if (disagreement !== null) this.#find(disagreement.code, one, disagreement.detail);
    // Behind something that is missing nothing can be said of order or state.
    if (this.#isBroken) return;
    const digest = placedDigest(event, one.decision);
    const outOfLine = this.#chains.place(event.event, digest);
    if (outOfLine !== null) this.#find('REPLAY_SEQUENCE_BROKEN', one, outOfLine);
    this.#fold(one, { event: event.event, eventDigest: digest, decision: one.decision });
  }

  #fold(one: Decided, step: FoldStep): void {
    const { decision, record } = one;
    try {
      const { registry } = this.#parts;
      const known = registry.at(Math.min(decision.registry.number, registry.head?.number ?? 0));
      this.state = foldPractice(this.state, step, foldingProcedure(this.state, step, known));
      this.steps.push({ ...step, decisionDigest: record.digest, leaf: record.leaf });
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
      this.#isBroken = true;
      this.#find('REPLAY_NOT_FOLDED', one, `${error.code}: ${error.message}`, true);
    }
  }

  /** @param always also of a time before the window: it decides the state in it */
  #find(code: ReplayFinding['code'], one: Decided, detail: string, always = false): void {
    if (!always && !this.#isJudged(one)) return;
    const { decision, record } = one;
    const { author, id } = decision.event;
    const { practice, cui } = this.#parts;
    const { position } = decision;
    this.findings.push(
      finding(code, detail, { practice, cui, position, leaf: record.leaf, event: { author, id } }),
    );
  }

  #isJudged({ decision }: Decided): boolean {
    const { from } = this.#parts;
    return from === undefined || decision.time >= from;
  }
}

function settledBy({ practice, procedure, participants }: Decision): SettledPractice {
  return { practice, procedure, participants };
}

function nameOf(author: string, id: string): string {
  return `${author}/${id}`;
}
