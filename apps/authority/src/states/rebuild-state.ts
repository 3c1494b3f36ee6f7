import {
  canonicalState,
  foldingProcedure,
  foldPractice,
  parseDecision,
  parseEvent,
  parseSignedItem,
  practiceKey,
  type FoldStep,
  type PracticeState,
} from '#contracts';
import { HubError } from '#errors';
import { sha256Hex } from '#evidence';
import type { Tx } from '#persistence';
import type { NodeRegistry } from '../node-parts.ts';
import type { PracticeKey } from '../inbox/practice-store.ts';
import type { HeldState } from './held-states.ts';

/** Events folded before more are read: they may be large. */
const AT_ONCE = 100;

interface StoredStep {
  readonly position: number;
  readonly bytes: Buffer;
  readonly decision: Buffer;
}

/**
 * The state after an earlier position: what the events that this node holds give. Whether they are the right ones, their
 * digests say.
 * @throws HubError `STATE_NOT_REBUILT` if an event is missing here, or cannot be read or folded any more
 */
export async function rebuildState(
  tx: Tx,
  registry: NodeRegistry,
  practice: PracticeKey,
  position: number,
): Promise<HeldState> {
  let state: PracticeState | null = null;
  while ((state?.position ?? 0) < position) {
    const steps = await stepsAfter(tx, practice, state?.position ?? 0, position);
    if (steps.length === 0) throw notRebuilt(practice, (state?.position ?? 0) + 1, 'it is not here');
    for (const step of steps) state = fold(state, step, registry, practice);
  }
  if (state === null) throw notRebuilt(practice, position, 'a position is 1 or more');
  return { ...practice, position, state: canonicalState(state) };
}

function fold(
  state: PracticeState | null,
  { position, bytes, decision }: StoredStep,
  registry: NodeRegistry,
  practice: PracticeKey,
): PracticeState {
  try {
    const step: FoldStep = {
      event: parseEvent(bytes),
      eventDigest: sha256Hex(bytes),
      decision: parseDecision(parseSignedItem(decision).item),
    };
    return foldPractice(state, step, foldingProcedure(state, step, registry));
  } catch (error) {
    if (!(error instanceof HubError)) throw error;
    throw notRebuilt(practice, position, error.message, error);
  }
}

function stepsAfter(
  tx: Tx,
  { owner, uuid }: PracticeKey,
  after: number,
  last: number,
): Promise<StoredStep[]> {
  return tx.query<StoredStep>(
    `select position, bytes, decision from event
     where owner = $1 and uuid = $2 and position > $3 and position <= $4 and status = 'accepted'
     order by position limit ${AT_ONCE}`,
    [owner, uuid, after, last],
  );
}

function notRebuilt(practice: PracticeKey, position: number, reason: string, cause?: unknown): HubError {
  return new HubError('STATE_NOT_REBUILT', `position ${position} of ${practiceKey(practice)}: ${reason}`, {
    cause,
    details: { owner: practice.owner, uuid: practice.uuid, position },
  });
}
