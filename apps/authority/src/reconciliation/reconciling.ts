import type { ErrorCode } from '#errors';
import { Lease } from '#persistence';
import { PeerClient } from '#peers';
import type { Logger, MutualTlsFiles } from '#platform';
import { JudgeFetched } from '../gaps/judge-fetched.ts';
import { ReceiveBatch } from '../inbox/receive-batch.ts';
import type { NodeParts } from '../node-parts.ts';
import { Heal } from './heal.ts';
import { readPlacements } from './placements.ts';
import type { ReconcileSettings } from './reconcile-config.ts';
import {
  beginNext,
  endRun,
  noteProgress,
  orderAgain,
  type Ended,
  type Order,
} from './reconciliation-rows.ts';
import { RunReconciliation } from './run-reconciliation.ts';
import { orderDue } from './schedule.ts';

/** How often a process looks for orders that another instance has taken, milliseconds; sooner for a shorter interval. */
const LOOK_MS = 5_000;
/** How often it looks who is due: so many times in an interval, within these bounds, milliseconds. */
const LOOKS_AN_INTERVAL = 24;
const SCHEDULE_MS = { least: 1_000, most: 3_600_000 };
/** A neighbour that hashes years answers late, milliseconds. */
const ANSWER_TIMEOUT_MS = 310_000;
/** A run that takes longer is given up; what it has healed stays healed, milliseconds. */
const RUN_TIMEOUT_MS = 3_600_000;

export interface ReconcilingOptions {
  readonly parts: NodeParts;
  readonly tls: MutualTlsFiles;
  readonly settings: ReconcileSettings;
  readonly logger: Logger;
  /** Called when events were taken in: they may name documents. */
  readonly taken: () => void;
}

/**
 * Runs, in the background, the comparisons that are ordered, and orders those that are due. Of several instances of a node
 * one does it, by lease, one comparison at a time: neighbours are asked one after the other, never all at once.
 */
export class Reconciling {
  readonly client: PeerClient;
  readonly heal: Heal;
  readonly settings: ReconcileSettings;
  readonly #parts: NodeParts;
  readonly #logger: Logger;
  readonly #run: RunReconciliation;
  readonly #lease: Lease;
  readonly #closing = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #working: Promise<void> | undefined;
  #wanted = false;
  /** False until nothing that was begun is without an end. */
  #isClean = false;
  #scheduledAt = -Infinity;

  /** @throws HubError `TLS_FILE_UNREADABLE` */
  constructor({ parts, tls, settings, logger, taken }: ReconcilingOptions) {
    this.#parts = parts;
    this.#logger = logger;
    this.settings = settings;
    this.client = new PeerClient({ tls, answerTimeoutMs: ANSWER_TIMEOUT_MS });
    this.heal = new Heal(parts, new JudgeFetched(parts, new ReceiveBatch(parts)), taken);
    this.#run = new RunReconciliation({ parts, client: this.client, heal: this.heal });
    this.#lease = new Lease(parts.work, { name: 'reconcile', holder: `${parts.ipa}/${parts.ids.uuid()}` });
  }

  start(): void {
    this.#timer = setInterval(
      () => {
        this.wake();
      },
      Math.min(LOOK_MS, this.settings.everyMs || LOOK_MS),
    );
    this.wake();
  }

  /** Looks at once for what is ordered. */
  wake(): void {
    this.#wanted = true;
    this.#working ??= this.#work().finally(() => {
      this.#working = undefined;
    });
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#closing.abort(new Error('the node closes'));
    await this.#working;
    await this.#lease.release().catch(() => undefined);
    await this.client.close();
  }

  #isClosing(): boolean {
    return this.#closing.signal.aborted;
  }

  async #work(): Promise<void> {
    while (this.#wanted && !this.#isClosing()) {
      this.#wanted = false;
      try {
        if (!(await this.#isOurs())) return;
        await this.#schedule();
        while (await this.#runNext());
      } catch (error) {
        if (this.#isClosing()) return;
        this.#isClean = false;
        this.#logger.warn({ err: error }, 'reconciliation will be tried again');
        return;
      }
    }
  }

  /** True if this instance is the one that compares; what another, or it itself, left half done is ordered again. */
  async #isOurs(): Promise<boolean> {
    if (this.#lease.held && this.#isClean) return true;
    if (!this.#lease.held && !(await this.#lease.acquire())) return false;
    await this.#parts.work.run(async (tx) => {
      await this.#lease.fenced(tx);
      await orderAgain(tx);
    });
    this.#isClean = true;
    return true;
  }

  async #schedule(): Promise<void> {
    const { everyMs } = this.settings;
    const pause = Math.min(Math.max(everyMs / LOOKS_AN_INTERVAL, SCHEDULE_MS.least), SCHEDULE_MS.most);
    if (everyMs === 0 || performance.now() - this.#scheduledAt < pause) return;
    this.#scheduledAt = performance.now();
    await readPlacements(this.#parts.work);
    await this.#parts.work.run(async (tx) => {
      await this.#lease.fenced(tx);
      await orderDue(tx, this.#parts, this.settings);
    });
  }

  async #runNext(): Promise<boolean> {
    const { work, clock } = this.#parts;
    if (this.#isClosing()) return false;
    const order = await work.run(async (tx) => {
      await this.#lease.fenced(tx);
      return beginNext(tx, clock.now());
    });
    if (order === null) return false;
    const ended = await this.#outcomeOf(order);
    await work.run(async (tx) => {
      await this.#lease.fenced(tx);
      await endRun(tx, order.id, ended, clock.now());
    });
    this.#tell(order, ended);
    return true;
  }

  async #outcomeOf(order: Order): Promise<Ended> {
    const { work } = this.#parts;
    const late = AbortSignal.timeout(RUN_TIMEOUT_MS);
    try {
      return await this.#run.run(
        order,
        (found, healed) => work.run((tx) => noteProgress(tx, order.id, found, healed)),
        AbortSignal.any([late, this.#closing.signal]),
      );
    } catch (error) {
      if (this.#isClosing()) throw error;
      if (late.aborted) return gaveUp('PEER_AWAY', `given up after ${RUN_TIMEOUT_MS / 60_000} minutes`);
      this.#logger.error({ err: error, reconciliation: order.id }, 'a reconciliation broke off');
      return gaveUp('INTERNAL_ERROR', 'the node met an error of its own: its log has it');
    }
  }

  #tell({ id, partner }: Order, { status, code, found, healed, differences }: Ended): void {
    const about = { reconciliation: id, partner, found, healed };
    if (status === 'agreed') {
      this.#logger.info(about, 'reconciled: both sides hold the same');
      return;
    }
    this.#logger.error({ ...about, code, differences: differences.slice(0, 10) }, `reconciliation ${status}`);
  }
}

/** What came of a run that did not get to its end. */
function gaveUp(code: ErrorCode, reason: string): Ended {
  const nothing = { events: [], found: 0, healed: 0, differences: [], own: null, theirs: null };
  return { status: 'failed', code, reason, ...nothing };
}
