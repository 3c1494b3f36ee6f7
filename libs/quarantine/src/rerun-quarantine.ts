import type { ActionDraft } from '#actions';
import { HubError } from '#errors';
import type { Tx } from '#persistence';
import { aboutEntry } from './about-entry.ts';
import type { QuarantineParts } from './quarantine-parts.ts';
import { QuarantineStore, type QuarantinePlace } from './quarantine-store.ts';
import { ReleaseQuarantined } from './release-quarantined.ts';
import { RerunStore, type OpenRerun, type Tally } from './rerun-store.ts';

export interface RerunRequest {
  readonly since: Date;
  /** Now, unless given; never later than now. */
  readonly until?: Date | undefined;
  readonly code?: string | undefined;
  readonly topic?: string | undefined;
  readonly tokenId: string;
}

/** Entries judged in one transaction. */
const STEP_ENTRIES = 32;

/** `more`: there is more to do at once. `idle`: nothing is left. `pause`: something that a step needs is away. */
export type Stepped = 'more' | 'idle' | 'pause';

/**
 * Runs everything that was parked since a point in time through the checks again, in the order of its arrival. It goes by
 * steps; each commits what it did together with how far it is, so that a re-run goes on where a crash stopped it.
 */
export class RerunQuarantine {
  readonly #parts: QuarantineParts;
  readonly #reruns: RerunStore;
  readonly #entries: QuarantineStore;
  readonly #release: ReleaseQuarantined;
  /** Steps that are to be taken one entry at a time, after one of their entries failed the whole. */
  #single = 0;

  constructor(parts: QuarantineParts) {
    this.#parts = parts;
    this.#reruns = new RerunStore(parts.work);
    this.#entries = new QuarantineStore(parts.work);
    this.#release = new ReleaseQuarantined(parts);
  }

  /** Asks for a re-run; `step` does it. @returns its id, and the action that it is recorded as */
  async ask(tx: Tx, request: RerunRequest): Promise<{ readonly id: string; readonly action: string }> {
    const { clock, ids, actions } = this.#parts;
    const now = clock.now();
    const { since, code = null, topic = null, tokenId } = request;
    const until = request.until !== undefined && request.until < now ? request.until : now;
    const id = ids.uuidv7();
    await this.#reruns.insert(tx, { id, since, until, code, topic, tokenId, askedAt: now });
    const filters = [
      { name: 'since', value: since.toISOString() },
      { name: 'until', value: until.toISOString() },
      ...(code === null ? [] : [{ name: 'code', value: code }]),
      ...(topic === null ? [] : [{ name: 'topic', value: topic }]),
    ];
    const [action = ''] = await actions.append(tx, [
      {
        kind: 'quarantine.rerun-asked',
        outcome: 'asked',
        subject: `rerun/${id}`,
        tokenId,
        details: [{ name: 'rerun', value: id }, ...filters],
      },
    ]);
    return { id, action };
  }

  /** Takes the next step of the oldest re-run that nobody else works on. */
  async step(): Promise<Stepped> {
    const single = this.#single > 0;
    try {
      const stepped = await this.#parts.work.run((tx) => this.#judgeNext(tx, single ? 1 : STEP_ENTRIES));
      if (single) this.#single -= 1;
      return stepped;
    } catch (error) {
      if (error instanceof HubError && error.policy.disposition === 'retry') return 'pause';
      if (!single) {
        this.#single = STEP_ENTRIES;
        return 'more';
      }
      this.#single -= 1;
      return await this.#parts.work.run((tx) => this.#passOver(tx));
    }
  }

  async #judgeNext(tx: Tx, limit: number): Promise<Stepped> {
    const rerun = await this.#reruns.lockOpen(tx);
    if (rerun === null) return 'idle';
    const next = await this.#reruns.next(tx, rerun, limit);
    const last = next.at(-1);
    if (last === undefined) {
      await this.#end(tx, rerun);
      return 'more';
    }
    const tally = { released: 0, held: 0, parked: 0, later: 0 };
    const drafts: ActionDraft[] = [];
    for (const { id } of next) {
      const entry = await this.#entries.lockAny(tx, id);
      // Somebody released it meanwhile, or what was judged before it settled it.
      if (entry.status !== 'parked') continue;
      const { status } = await this.#release.judge(tx, entry);
      tally[status] += 1;
      if (status !== 'released' && status !== 'held') continue;
      drafts.push({
        ...aboutEntry(entry),
        kind: 'quarantine.released',
        outcome: status,
        tokenId: rerun.tokenId,
        details: [{ name: 'rerun', value: rerun.id }],
      });
    }
    await this.#reruns.advance(tx, rerun, [last.parkedAt, last.id], tally);
    await this.#parts.actions.append(tx, drafts);
    return 'more';
  }

  /** An entry that cannot even be judged stays as it is, and holds nobody up. */
  async #passOver(tx: Tx): Promise<Stepped> {
    const rerun = await this.#reruns.lockOpen(tx);
    if (rerun === null) return 'idle';
    const [next] = await this.#reruns.next(tx, rerun, 1);
    if (next === undefined) return 'more';
    const place: QuarantinePlace = [next.parkedAt, next.id];
    await this.#reruns.advance(tx, rerun, place, { released: 0, held: 0, parked: 0, later: 1 });
    return 'more';
  }

  async #end(tx: Tx, rerun: OpenRerun): Promise<void> {
    await this.#reruns.end(tx, rerun, this.#parts.clock.now());
    const { id, released, held, parked, later, tokenId } = rerun;
    const tally: Tally = { released, held, parked, later };
    const counts = Object.entries(tally).map(([name, value]) => ({ name, value: String(value) }));
    await this.#parts.actions.append(tx, [
      {
        kind: 'quarantine.rerun-ended',
        outcome: 'ended',
        subject: `rerun/${id}`,
        tokenId,
        details: [{ name: 'rerun', value: id }, ...counts],
      },
    ]);
  }
}
