import { topics } from '#contracts';
import { HubError } from '#errors';
import { sha256Hex, type BatchChecks } from '#evidence';
import { done, park, retry, type IncomingRecord, type Outcome } from '#messaging';
import type { Tx, UnitOfWork } from '#persistence';
import type { Clock, Metrics } from '#platform';
import { closePassed } from '#quarantine';
import { Counter } from 'prom-client';
import { admitLeaves } from './admit-leaves.ts';
import type { LeafCandidate } from './leaf-candidate.ts';
import { provedBefore } from './proved-before.ts';
import { keepRefused, type Refused } from './refused-records.ts';
import { awaitDecisions, awaitRefusals, rejudge } from './rejudge.ts';
import {
  mayPassLater,
  screenRecords,
  type AuditRegistry,
  type AuditStream,
  type Screen,
} from './screen-record.ts';

/** Pause before a record that cannot be judged yet is read again, in milliseconds. */
const RETRY_MS = 500;

export interface TakeInParts {
  readonly work: UnitOfWork;
  readonly registry: AuditRegistry;
  readonly verifier: BatchChecks;
  readonly clock: Clock;
  readonly metrics: Metrics;
}

type Screened =
  | { readonly kind: 'leaf'; readonly record: IncomingRecord; readonly leaf: LeafCandidate }
  | { readonly kind: 'none'; readonly record: IncomingRecord }
  | { readonly kind: 'refused'; readonly record: IncomingRecord; readonly error: HubError }
  | { readonly kind: 'later' };

/**
 * Takes records into the log: verifies them, and in one transaction makes each a leaf that waits for its index, or keeps
 * it as refused. Any instance may do it, at the same time as others; giving indexes is the writer's work alone.
 */
export class TakeIn {
  readonly #parts: TakeInParts;
  readonly #refusals: Counter<'stream' | 'code'>;

  constructor(parts: TakeInParts) {
    this.#parts = parts;
    this.#refusals = new Counter({
      name: 'log_refused_records_total',
      help: 'Records that did not verify or contradict a leaf, by code.',
      labelNames: ['stream', 'code'],
      registers: [parts.metrics],
    });
  }

  /** @returns one outcome per record, in order */
  async run(stream: AuditStream, records: readonly IncomingRecord[]): Promise<Outcome[]> {
    const now = this.#parts.clock.now();
    const checked = await screenRecords(stream, records, this.#parts.verifier);
    const screened = checked.map(({ record, screen }) => this.#screen(record, screen, now));
    const refused = await this.#parts.work.run((tx) => this.#commit(tx, stream, screened, now));
    const codes = new Map(refused.map(({ record, error }) => [record, error.code]));
    return screened.map((one) => {
      if (one.kind === 'later') return retry(RETRY_MS);
      const code = codes.get(one.record);
      if (code === undefined) return done();
      this.#refusals.inc({ stream, code });
      return park(code);
    });
  }

  /** The same for one record, in the caller's transaction: by the same checks, kept as refused or not. */
  async runOne(tx: Tx, record: IncomingRecord): Promise<Outcome> {
    const now = this.#parts.clock.now();
    const stream = streamOf(record.topic);
    const [checked] = await screenRecords(stream, [record], this.#parts.verifier);
    const screened = checked ? this.#screen(record, checked.screen, now) : ({ kind: 'later' } as const);
    if (screened.kind === 'later') return retry(RETRY_MS);
    const [refused] = await this.#commit(tx, stream, [screened], now);
    return refused ? park(refused.error.code) : done();
  }

  /** Keeps a record that the handler fails on every time. */
  async refuse(record: IncomingRecord, error: HubError): Promise<Outcome> {
    await this.#parts.work.run((tx) => keepRefused(tx, [{ record, error }], this.#parts.clock.now()));
    return park(error.code);
  }

  #screen(record: IncomingRecord, screen: Screen, now: Date): Screened {
    const { registry } = this.#parts;
    try {
      const leaf = screen(registry, now);
      return leaf === null ? { kind: 'none', record } : { kind: 'leaf', record, leaf };
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
      if (mayPassLater(error, record, registry, now)) return { kind: 'later' };
      return { kind: 'refused', record, error };
    }
  }

  /** @returns what is refused for good, by the record as it was given */
  async #commit(
    tx: Tx,
    stream: AuditStream,
    screened: readonly Screened[],
    now: Date,
  ): Promise<readonly Refused[]> {
    if (stream === 'decisions') awaitRefusals(tx);
    const leaves = screened.filter((one) => one.kind === 'leaf');
    const { admissions, anyRefused } = await admitLeaves(
      tx,
      leaves.map(({ leaf }) => leaf),
    );
    if (anyRefused) {
      const passed = leaves.filter((_, index) => admissions[index] !== 'contradiction');
      await closePassed(
        tx,
        passed.map(({ leaf }) => leaf.sha256),
        now,
      );
    }
    const contradicted = leaves
      .filter((_, index) => admissions[index] === 'contradiction')
      .map(({ record, leaf }) => ({ record, error: contradiction(leaf) }));
    const unfit = screened.filter((one) => one.kind === 'refused');
    const proved = await provedBefore(tx, unfit);
    const refused = [
      ...unfit.filter(({ record }) => proved.size === 0 || !proved.has(sha256Hex(record.value))),
      ...contradicted,
    ];
    if (stream === 'events' && refused.length > 0) await awaitDecisions(tx);
    await keepRefused(tx, refused, now);
    const passed =
      anyRefused || refused.length > 0
        ? await rejudge(tx, this.#toJudgeAgain(stream, leaves, refused), this.#parts, now)
        : new Set<string>();
    return refused.filter(({ record }) => passed.size === 0 || !passed.has(sha256Hex(record.value)));
  }

  #toJudgeAgain(
    stream: AuditStream,
    leaves: readonly { readonly leaf: LeafCandidate }[],
    refused: readonly Refused[],
  ): LeafCandidate['sha256'][] {
    if (stream === 'decisions') {
      return leaves.flatMap(({ leaf }) => (leaf.decided === null ? [] : [leaf.decided]));
    }
    return stream === 'events' ? refused.map(({ record }) => sha256Hex(record.value)) : [];
  }
}

/** By which checks a record of this topic is judged. */
function streamOf(topic: string): AuditStream {
  switch (topic) {
    case topics.routing:
      return 'decisions';
    case topics.receipts:
      return 'receipts';
    case topics.actions:
      return 'actions';
    case topics.registryState:
      return 'changes';
    default:
      return 'events';
  }
}

function contradiction({ kind, author, eventId }: LeafCandidate): HubError {
  if (kind === 'event') {
    return new HubError('EQUIVOCATION', `${author} has signed another event with id ${eventId}`);
  }
  const what = kind === 'registry' ? 'entry of the registry as' : `${kind} about`;
  return new HubError('LOG_LEAF_CONTRADICTED', `the log holds another ${what} event ${eventId} of ${author}`);
}
