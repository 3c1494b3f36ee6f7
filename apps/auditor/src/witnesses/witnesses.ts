import { ActionLog } from '#actions';
import type { Neighbour } from '#peers';
import { FewAtOnce, rest } from '#platform';
import { latestCheckpoint, type PublishedCheckpoint } from '../log/checkpoints.ts';
import { AskWitness, MAX_REST_MS } from './ask-witness.ts';
import { reportContradictions } from './report-contradictions.ts';
import { Showing } from './submit-checkpoint.ts';
import type { WitnessParts } from './witness-parts.ts';
import { readWitnessRows, type WitnessRow } from './witness-rows.ts';

/** Witnesses that are asked at a time. */
const AT_ONCE = 8;
/** A checkpoint that stays the newest is shown again after so long, milliseconds: a cosignature says until when. */
const AGAIN_MS = 600_000;
/** How long a start waits for what witnesses have, before the log is written. Milliseconds. */
const BEFORE_WRITING_MS = 3_000;

/**
 * Shows the log's newest checkpoint to the witnesses, the members' nodes, and gathers their cosignatures: at the instance that
 * writes the log, at its own pace, each witness apart from the others. The log never waits for any of it.
 */
export class Witnesses {
  readonly #parts: WitnessParts;
  readonly #ask: AskWitness;
  readonly #actions: ActionLog;
  readonly #few = new FewAtOnce(AT_ONCE);
  /** Being asked, or waiting to be. */
  readonly #busy = new Map<string, Promise<void>>();
  readonly #rounds = new Set<Promise<void>>();
  readonly #closing = new AbortController();
  #loop: Promise<void> = Promise.resolve();

  /** @throws HubError `TLS_FILE_UNREADABLE` */
  constructor(parts: WitnessParts) {
    const { signer, clock, ids } = parts;
    this.#parts = parts;
    this.#ask = new AskWitness(parts);
    this.#actions = new ActionLog({ role: 'auditor', signer, clock, ids });
  }

  start(): void {
    this.#loop = this.#run();
  }

  async close(): Promise<void> {
    this.#closing.abort(new Error('the asking of witnesses is closing'));
    await this.#loop;
    await Promise.all(this.#rounds);
    await this.#ask.close();
  }

  /**
   * Asks every witness that can be reached what it has cosigned, before this instance writes for the first time: a database
   * that was put back to an older copy is found out before it goes another way. Those that are away are not waited for.
   */
  async examineAll(): Promise<void> {
    const newest = await this.#parts.work.run(latestCheckpoint);
    if (newest === null || newest.size === 0) return;
    const signal = AbortSignal.any([AbortSignal.timeout(BEFORE_WRITING_MS), this.#closing.signal]);
    await Promise.allSettled(
      this.#neighbours().map((neighbour) => this.#few.run(() => this.#ask.examine(neighbour, signal))),
    );
  }

  /** Shows the newest checkpoint to every witness whose turn it is. @returns when all of them have been asked */
  async round(): Promise<void> {
    const { work, clock } = this.#parts;
    const { checkpoint, rows } = await work.run(async (tx) => ({
      checkpoint: await latestCheckpoint(tx),
      rows: await readWitnessRows(tx),
    }));
    if (checkpoint === null || checkpoint.size === 0) return;
    const now = clock.now();
    const showing = new Showing(work, checkpoint);
    const due = this.#neighbours().filter(
      ({ holder }) => !this.#busy.has(holder) && isDue(rows.get(holder), checkpoint, now),
    );
    await Promise.all(due.map((neighbour) => this.#begin(neighbour, rows.get(neighbour.holder), showing)));
  }

  #begin(neighbour: Neighbour, row: WitnessRow | undefined, showing: Showing): Promise<void> {
    const { signal } = this.#closing;
    const { holder } = neighbour;
    const asked = this.#few
      .run(() => this.#ask.run(neighbour, row, showing, signal))
      .catch((error: unknown) => {
        if (!signal.aborted) {
          this.#parts.logger.warn(
            { err: error, witness: holder },
            'what a witness answered could not be kept',
          );
        }
      })
      .finally(() => this.#busy.delete(holder));
    this.#busy.set(holder, asked);
    return asked;
  }

  #neighbours(): Neighbour[] {
    return this.#parts.registry
      .members()
      .flatMap(({ ipa, nodeUrl }) => (nodeUrl === undefined ? [] : [{ holder: ipa, url: nodeUrl }]));
  }

  /** Not waited for: a witness that takes its time does not keep the others from the next checkpoint. */
  #beginRound(): void {
    const round = this.round()
      .catch((error: unknown) => {
        this.#parts.logger.warn({ err: error }, 'the witnesses could not be asked');
      })
      .finally(() => this.#rounds.delete(round));
    this.#rounds.add(round);
  }

  async #run(): Promise<void> {
    const { isWriting, settings, work, logger } = this.#parts;
    const { signal } = this.#closing;
    while (!signal.aborted) {
      if (isWriting()) {
        this.#beginRound();
        await work
          .run((tx) => reportContradictions(tx, this.#actions))
          .catch((error: unknown) => {
            logger.warn({ err: error }, 'what a witness has shown could not be signed yet');
          });
      }
      await rest(settings.paceMs, signal);
    }
  }
}

/**
 * A witness that has cosigned the newest checkpoint is asked again when that has become old. A time that no pause reaches
 * was written before this node's clock went back, and keeps nobody waiting.
 */
function isDue(row: WitnessRow | undefined, checkpoint: PublishedCheckpoint, now: Date): boolean {
  if (row === undefined) return true;
  const pause = row.nextAt === null ? 0 : row.nextAt.getTime() - now.getTime();
  if (pause > 0 && pause <= MAX_REST_MS) return false;
  if (row.cosignedSize !== checkpoint.size || row.cosignedAt === null) return true;
  return Math.abs(now.getTime() - row.cosignedAt.getTime()) >= AGAIN_MS;
}
