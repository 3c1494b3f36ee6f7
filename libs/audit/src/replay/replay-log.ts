import { hash } from 'node:crypto';
import { stateDigest } from '#contracts';
import { HubError } from '#errors';
import type { ReadLogFile, TreeHead } from '#tlog';
import { readRecords } from '../copy/records.ts';
import { RootProof } from '../copy/root-proof.ts';
import { comparePractice } from './compare-practice.ts';
import { finding, type ReplayFinding } from './finding.ts';
import { NodeStates, type AskedNode, type HeldDigest } from './node-states.ts';
import { Partitions } from './partitions.ts';
import { includes, type PracticeChoice } from './practice-choice.ts';
import type { RegistryHistory } from './registry-history.ts';
import { replayPractice, type ReplayedPractice, type ReplayWindow } from './replay-practice.ts';
import { replayRecordOf, type ReplayRecord } from './replay-record.ts';
import { StateDigests } from './state-digests.ts';

/** What is replayed. */
export interface ReplaySource {
  readonly read: ReadLogFile;
  /** Of the checkpoint that the log has signed: the entries have to lead to it. */
  readonly head: TreeHead;
  /** Whether every document should be here; a copy of a part of the archive has what was asked for. */
  readonly whole: boolean;
  readonly registry: RegistryHistory;
}

export interface ReplayProgress {
  readonly phase: 'nodes' | 'log' | 'practices';
  /** Practices of nodes; entries of the log; of what is replayed events and decisions. */
  readonly done: number;
  /** Null where it cannot be known before. */
  readonly of: number | null;
}

export interface ReplayOptions extends ReplayWindow {
  /** One practice; every one unless given. */
  readonly choice?: PracticeChoice | undefined;
  /** Nodes to compare with; none unless given. */
  readonly nodes?: readonly AskedNode[];
  readonly now: () => Date;
  readonly onProgress?: (progress: ReplayProgress) => void;
  /** Sees every practice, replayed. */
  readonly onPractice?: (replayed: ReplayedPractice) => void;
  /** Where files are put aside when memory does not do. */
  readonly folder?: string | undefined;
}

export interface ReplayedNode {
  readonly node: string;
  /** Practices whose states were compared. */
  readonly compared: number;
  readonly onTheWay: number;
  /** Why it could not be asked, or not to the end. */
  readonly failure: { readonly code: string; readonly message: string } | null;
}

export interface ReplayReport {
  readonly size: number;
  /** Root of the log's tree, base64. */
  readonly root: string;
  readonly from: string | null;
  readonly to: string | null;
  readonly registry: { readonly number: number; readonly digest: string } | null;
  readonly practices: number;
  /** Events in their places, folded. */
  readonly events: number;
  /** Decisions made again. */
  readonly decisions: number;
  readonly unplaced: number;
  /** Practices of which a copy of a part of the archive lacks documents: not replayed. */
  readonly notHere: number;
  /** SHA-256 over name, position and state digest of every practice: the same for every replay of the same. */
  readonly states: string;
  readonly nodes: readonly ReplayedNode[];
  readonly findings: readonly ReplayFinding[];
  /** Findings in all; `findings` has the first. */
  readonly found: number;
}

/** Findings that are kept. */
const MOST_FINDINGS = 1_000;
/** Entries between two words of progress. */
const TELL_EVERY = 256;

/**
 * Replays a log: decides every decision again, folds every state, and compares with what nodes hold.
 * @throws HubError those of `readRecords`, `LOG_TILE_INVALID` if the entries do not lead to the signed root
 */
export async function replayLog(source: ReplaySource, options: ReplayOptions): Promise<ReplayReport> {
  const records = new Partitions<ReplayRecord>({ expected: source.head.size, folder: options.folder });
  const digests = new StateDigests({ folder: options.folder });
  try {
    const run = new ReplayRun(source, options, digests);
    // Nodes first: what they hold then is in the log, or will be before the log is read.
    await run.askNodes(records);
    await run.readLog(records);
    await run.replay(records);
    return await run.report();
  } finally {
    await records.close();
    await digests.close();
  }
}

/** A node in a replay. */
interface AskedState {
  readonly states: NodeStates;
  compared: number;
  onTheWay: number;
  failure: ReplayedNode['failure'];
}

class ReplayRun {
  readonly #source: ReplaySource;
  readonly #options: ReplayOptions;
  readonly #nodes: readonly AskedState[];
  readonly #findings: ReplayFinding[] = [];
  readonly #digests: StateDigests;
  #found = 0;
  #practices = 0;
  #events = 0;
  #decisions = 0;
  #unplaced = 0;
  #notHere = 0;

  constructor(source: ReplaySource, options: ReplayOptions, digests: StateDigests) {
    this.#source = source;
    this.#digests = digests;
    this.#options = options;
    const trust = source.registry.latest();
    this.#nodes = (options.nodes ?? []).map((node) => ({
      states: new NodeStates(node, trust, options.now),
      compared: 0,
      onTheWay: 0,
      failure: null,
    }));
  }

  /** One practice is asked for when it has been replayed: what all others are does not matter then. */
  async askNodes(records: Partitions<ReplayRecord>): Promise<void> {
    if (this.#options.choice !== undefined) return;
    let done = 0;
    for (const node of this.#nodes) {
      await this.#asking(node, async () => {
        for await (const held of node.states.all()) {
          await records.add(held.practice, { kind: 'held', held });
          done += 1;
          if (done % TELL_EVERY === 0) this.#tell('nodes', done, null);
        }
      });
    }
  }

  async readLog(records: Partitions<ReplayRecord>): Promise<void> {
    const { read, head } = this.#source;
    const { size } = head;
    const proof = new RootProof(head);
    for await (const logged of readRecords(read, { from: 0, to: size })) {
      proof.add(logged.entry);
      const { choice } = this.#options;
      if (choice === undefined || includes(choice, logged.leaf.practice)) {
        const found = replayRecordOf(logged);
        if (found !== null) await records.add(found.practice, found.record);
      }
      if ((logged.index + 1) % TELL_EVERY === 0) this.#tell('log', logged.index + 1, size);
    }
    proof.requireRoot();
    this.#tell('log', size, size);
  }

  async replay(records: Partitions<ReplayRecord>): Promise<void> {
    let done = 0;
    for await (const [practice, all] of records.groups()) {
      const replayed = replayPractice(practice, all, this.#source.registry, this.#options);
      done += all.length;
      this.#tell('practices', done, records.size);
      const standing = this.#standingOf(replayed);
      if (standing === 'not-here') this.#notHere += 1;
      if (standing !== 'meant') continue;
      await this.#count(replayed);
      this.#keep(replayed.findings);
      this.#options.onPractice?.(replayed);
      if (this.#isInWindow(replayed)) await this.#compare(replayed, all);
    }
  }

  async report(): Promise<ReplayReport> {
    const { registry, head } = this.#source;
    return {
      size: head.size,
      root: head.root.toString('base64'),
      from: this.#options.from ?? null,
      to: this.#options.to ?? null,
      registry: registry.head,
      practices: this.#practices,
      events: this.#events,
      decisions: this.#decisions,
      unplaced: this.#unplaced,
      notHere: this.#notHere,
      states: await this.#digests.total(),
      nodes: this.#nodes.map(({ states: { holder }, compared, onTheWay, failure }) => {
        return { node: holder, compared, onTheWay, failure };
      }),
      findings: this.#findings.sort(byPlace),
      found: this.#found,
    };
  }

  async #count({ practice, steps, state, decided, unplaced }: ReplayedPractice): Promise<void> {
    this.#unplaced += unplaced;
    this.#decisions += decided;
    if (state === null) return;
    this.#practices += 1;
    this.#events += steps.length;
    const line = `${practice}\n${state.position}\n${stateDigest(state)}\n`;
    await this.#digests.add(hash('sha256', line, 'buffer'));
  }

  async #compare(replayed: ReplayedPractice, all: readonly ReplayRecord[]): Promise<void> {
    // What is missing in the log is a finding of its own; nobody can be measured against it.
    if (replayed.lacking !== null) return;
    for (const node of this.#nodes) {
      if (node.failure !== null) continue;
      await this.#asking(node, async () => {
        const said = await this.#saidBy(node, replayed, all);
        const result = await comparePractice(replayed, node.states, said, this.#source.registry);
        node.compared += result.compared;
        node.onTheWay += result.onTheWay;
        this.#keep(result.findings);
      });
    }
  }

  async #saidBy(
    { states }: AskedState,
    { practice }: ReplayedPractice,
    all: readonly ReplayRecord[],
  ): Promise<HeldDigest | undefined> {
    if (this.#options.choice !== undefined) {
      const [held] = await states.named([{ practice, position: null }]);
      return held;
    }
    const found = all.find(
      (one) => one.kind === 'held' && one.held.by.toLowerCase() === states.holder.toLowerCase(),
    );
    return found?.kind === 'held' ? found.held : undefined;
  }

  /** A node that does not answer is left out from then on; what it has signed wrongly is a finding. */
  async #asking(node: AskedState, ask: () => Promise<void>): Promise<void> {
    try {
      await ask();
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
      const { code, message } = error;
      node.failure = { code, message };
      if (code !== 'REPLAY_STATEMENT_INVALID') return;
      this.#keep([finding(code, message, { node: node.states.holder })]);
    }
  }

  /**
   * Whether a practice is meant, and can be replayed. A copy of a part of the archive has the documents of some; the one that
   * is asked for has to be there. By its CUI nobody is known whose documents are all missing.
   */
  #standingOf({ cui, lacking }: ReplayedPractice): 'meant' | 'not-here' | 'another' {
    const { choice } = this.#options;
    if (choice?.cui !== undefined && cui?.toLowerCase() !== choice.cui.toLowerCase())
      return cui === null && lacking !== null ? 'not-here' : 'another';
    return lacking === null || this.#source.whole || choice !== undefined ? 'meant' : 'not-here';
  }

  /** Whether something happened in the practice within the window; everything, without one. */
  #isInWindow({ steps }: ReplayedPractice): boolean {
    const { from } = this.#options;
    return from === undefined || steps.some(({ decision }) => decision.time >= from);
  }

  #keep(findings: readonly ReplayFinding[]): void {
    this.#found += findings.length;
    this.#findings.push(...findings.slice(0, MOST_FINDINGS - this.#findings.length));
  }

  #tell(phase: ReplayProgress['phase'], done: number, of: number | null): void {
    this.#options.onProgress?.({ phase, done, of });
  }
}

function byPlace(one: ReplayFinding, other: ReplayFinding): number {
  const key = ({ practice, position, code, node, leaf }: ReplayFinding): string =>
    [practice ?? '', String(position ?? 0).padStart(10, '0'), code, node ?? '', leaf ?? ''].join('\n');
  const [a, b] = [key(one), key(other)];
  return a < b ? -1 : Number(a > b);
}
