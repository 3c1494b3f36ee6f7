/** What this node's database holds of practices: the folded states as they are stored, and the events behind them. */
import { createHash } from 'node:crypto';
import { canonicalState, eventsDigest, parseSha256, type PracticeState, type Sha256 } from '#contracts';
import type { Tx } from '#persistence';
import type { PracticeKey } from '../inbox/practice-store.ts';
import type { PracticeRow } from '../practices/practice-rows.ts';

/** A state of a practice here, as it is compared. */
export interface HeldState extends PracticeKey {
  readonly position: number;
  /** Canonical JSON. */
  readonly state: Buffer;
}

export type StateRow = Pick<
  PracticeRow,
  'owner' | 'uuid' | 'cui' | 'procedure' | 'version' | 'stateCode' | 'position' | 'participants'
> & { readonly state: PracticeState };

export const STATE_COLUMNS = `p.owner, p.uuid, p.cui, p.procedure_code as procedure, p.procedure_version as version,
  p.state_code as "stateCode", p.position, p.participants, p.state`;

/**
 * The state that is stored. What people see in lists stands in columns beside it; where those say something else, that is
 * a part of what this node holds, and shows as the member `beside`, which no state has that follows from the events.
 */
export function heldStateOf(row: StateRow): HeldState {
  const { owner, uuid, position, state } = row;
  const beside = columnsThatDiffer(row);
  const held = Object.keys(beside).length === 0 ? state : { ...state, beside };
  return { owner, uuid, position, state: canonicalState(held) };
}

function columnsThatDiffer({ state, ...row }: StateRow): Readonly<Record<string, unknown>> {
  const columns = {
    cui: row.cui,
    procedure: { code: row.procedure, version: row.version },
    state: row.stateCode,
    position: row.position,
    participants: row.participants.map(({ ipa, part, joined }) => ({ ipa, part, joined })),
  };
  return Object.fromEntries(
    Object.entries(columns).filter(([name, value]) => !sameJson(value, state[name as keyof typeof columns])),
  );
}

/** Whether both are the same as canonical JSON. */
function sameJson(one: unknown, other: unknown): boolean {
  const of = (value: unknown): Buffer => canonicalState({ value } as unknown as PracticeState);
  return of(one).equals(of(other));
}

/** SHA-256 of the state's canonical JSON. */
export function digestOf({ state }: HeldState): Sha256 {
  return parseSha256(createHash('sha256').update(state).digest('hex'));
}

/**
 * Of each state, `eventsDigest` of the events up to its position, in the same order. Bytes are hashed as they are stored:
 * what a disk has damaged shows.
 */
export async function readEventsDigests(tx: Tx, held: readonly HeldState[]): Promise<readonly Sha256[]> {
  if (held.length === 0) return [];
  const rows = await tx.query<{ readonly n: string; readonly digest: string }>(
    `select c.n, encode(sha256(string_agg(sha256(e.bytes) || sha256(e.decision), ''::bytea order by e.position)), 'hex') as digest
     from unnest($1::text[], $2::uuid[], $3::int[]) with ordinality as c(owner, uuid, last, n)
     join event e on e.owner = c.owner and e.uuid = c.uuid
     where e.status = 'accepted' and e.position <= c.last
     group by c.n`,
    [held.map(({ owner }) => owner), held.map(({ uuid }) => uuid), held.map(({ position }) => position)],
  );
  const found = new Map(rows.map(({ n, digest }) => [Number(n), parseSha256(digest)]));
  return held.map((_, index) => found.get(index + 1) ?? NO_EVENTS);
}

/** `eventsDigest` of none: a state without a single event behind it. */
const NO_EVENTS = eventsDigest([]);
