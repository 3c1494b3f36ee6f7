import type { Reader } from '#access-log';
import {
  DOCUMENT_VERSION,
  eventsDigest,
  practiceKey,
  PRACTICE_STATE_FORMAT,
  serializeStateDigest,
  type IpaCode,
  type StateDigest,
} from '#contracts';
import { HubError } from '#errors';
import { signStateDigests } from '#evidence';
import type { Tx } from '#persistence';
import { readPageCursor, writePageCursor } from '#platform';
import { z } from 'zod';
import type { NodeParts } from '../node-parts.ts';
import type { PracticeKey } from '../inbox/practice-store.ts';
import {
  digestOf,
  heldStateOf,
  readEventsDigests,
  STATE_COLUMNS,
  type HeldState,
  type StateRow,
} from './held-states.ts';
import { rebuildState } from './rebuild-state.ts';
import {
  MAX_PLACED,
  type NamedState,
  type StateAnswer,
  type StateQuery,
  type StatesAnswer,
  type StatesQuery,
} from './state-shapes.ts';

/** Who asks: a member sees the practices that it takes part in; null sees all. */
export type Asking = IpaCode | null;

type Placed = StateAnswer['events'][number];

/** What this node holds of practices, as digests that it signs, and the states themselves where somebody has to look. */
export class GiveStates {
  readonly #parts: NodeParts;

  constructor(parts: NodeParts) {
    this.#parts = parts;
  }

  /**
   * Signed digests of a page of practices, or of those that are named. One that is not here, or that the caller takes no
   * part in, is left out.
   * @throws HubError `CURSOR_INVALID`, `STATE_NOT_REBUILT`
   */
  async page(
    { of, after, limit }: StatesQuery,
    asking: Asking,
    reader: Reader | null,
  ): Promise<StatesAnswer> {
    const time = this.#parts.clock.now();
    const { held, next } = await this.#parts.work.answer(async (tx) => {
      await this.#parts.accesses.note(tx, reader, { kind: 'practices', practice: null, id: null });
      const found =
        of === undefined
          ? await readPage(tx, asking, after, limit)
          : { states: await this.#named(tx, of, asking), next: null };
      return { held: await this.#digests(tx, found.states, time), next: found.next };
    });
    const { ipa, signer } = this.#parts;
    const signed = held.length === 0 ? null : await signStateDigests(held, signer, time);
    return {
      by: ipa,
      time: time.toISOString(),
      batch: signed?.batch.toString('base64') ?? null,
      items: held.map((one) => serializeStateDigest(one).toString('base64')),
      next,
    };
  }

  /**
   * A practice's state, its signed digest, and what placed it.
   * @throws HubError `PRACTICE_NOT_FOUND` (also for a caller that takes no part), `STATE_NOT_REBUILT`
   */
  async one(
    practice: PracticeKey,
    { position, after }: StateQuery,
    asking: Asking,
    reader: Reader | null,
  ): Promise<StateAnswer> {
    const time = this.#parts.clock.now();
    const found = await this.#parts.work.answer(async (tx) => {
      const [state] = await this.#named(tx, [{ ...practice, position: position ?? null }], asking);
      if (state === undefined)
        throw new HubError('PRACTICE_NOT_FOUND', `this node holds no state of ${practiceKey(practice)}`);
      await this.#parts.accesses.note(tx, reader, { kind: 'practice', practice, id: null });
      const [digest] = await this.#digests(tx, [state], time);
      return { state, digest, events: await readPlaced(tx, state, after) };
    });
    const digests = found.digest === undefined ? [] : [found.digest];
    const { items } = await signStateDigests(digests, this.#parts.signer, time);
    return {
      item: items[0]?.toString('base64') ?? '',
      state: found.state.state.toString('base64'),
      events: found.events.slice(0, MAX_PLACED),
      more: found.events.length > MAX_PLACED,
    };
  }

  async #named(tx: Tx, wanted: readonly NamedState[], asking: Asking): Promise<HeldState[]> {
    const rows = await readNamed(tx, wanted, asking);
    const states: HeldState[] = [];
    for (const { owner, uuid, position } of wanted) {
      const row = rows.get(practiceKey({ owner, uuid }));
      if (row === undefined) continue;
      const isEarlier = position !== null && position < row.position;
      states.push(
        isEarlier
          ? await rebuildState(tx, this.#parts.registry, { owner: row.owner, uuid }, position)
          : heldStateOf(row),
      );
    }
    return states;
  }

  async #digests(tx: Tx, states: readonly HeldState[], time: Date): Promise<StateDigest[]> {
    const events = await readEventsDigests(tx, states);
    return states.map((held, index) => ({
      version: DOCUMENT_VERSION,
      by: this.#parts.ipa,
      time: time.toISOString(),
      practice: { owner: held.owner, uuid: held.uuid },
      position: held.position,
      format: PRACTICE_STATE_FORMAT,
      state: digestOf(held),
      events: events[index] ?? eventsDigest([]),
    }));
  }
}

/** Practices that a member takes part in, whose node asks; all, where null does. */
const OF_ASKING = `($1::text is null
  or p.participants @> jsonb_build_array(jsonb_build_object('ipa', $1::text, 'joined', true)))`;

const cursorShape = z.tuple([z.string(), z.uuid()]);

async function readPage(
  tx: Tx,
  asking: Asking,
  after: string | undefined,
  limit: number,
): Promise<{ readonly states: readonly HeldState[]; readonly next: string | null }> {
  const [owner, uuid] = after === undefined ? [null, null] : readPageCursor(cursorShape, after);
  const rows = await tx.query<StateRow>(
    `select ${STATE_COLUMNS} from practice p
     where p.state is not null and ${OF_ASKING} and ($2::text is null or (p.owner, p.uuid) > ($2, $3::uuid))
     order by p.owner, p.uuid limit $4`,
    [asking, owner, uuid, limit + 1],
  );
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return {
    states: page.map(heldStateOf),
    next: rows.length > page.length && last ? writePageCursor([last.owner, last.uuid]) : null,
  };
}

async function readNamed(
  tx: Tx,
  wanted: readonly NamedState[],
  asking: Asking,
): Promise<ReadonlyMap<string, StateRow>> {
  const rows = await tx.query<StateRow>(
    `select ${STATE_COLUMNS} from practice p join unnest($2::text[], $3::uuid[]) as c(owner, uuid)
       on p.owner = c.owner and p.uuid = c.uuid
     where p.state is not null and ${OF_ASKING}`,
    [asking, wanted.map(({ owner }) => owner), wanted.map(({ uuid }) => uuid)],
  );
  return new Map(rows.map((row) => [practiceKey(row), row]));
}

async function readPlaced(tx: Tx, { owner, uuid, position }: HeldState, after: number): Promise<Placed[]> {
  return await tx.query<Placed>(
    `select position, author, event_id as "eventId", encode(sha256(bytes), 'hex') as event,
            encode(sha256(decision), 'hex') as decision
     from event
     where owner = $1 and uuid = $2 and position > $3 and position <= $4 and status = 'accepted'
     order by position limit ${MAX_PLACED + 1}`,
    [owner, uuid, after, position],
  );
}
