import { parseDecision, parseEvent, parseSignedItem, practiceKey, type HubEvent } from '#contracts';
import { HubError } from '#errors';
import {
  placedEventsPath,
  readPlacedPage,
  type Neighbour,
  type PeerClient,
  type PositionRange,
} from '#peers';
import type { PracticeKey } from '../inbox/practice-store.ts';

/** An event that a neighbour gave, read but not verified: it may be judged, and no more. */
export interface FetchedEvent {
  readonly position: number;
  readonly event: HubEvent;
  readonly bytes: Buffer;
  readonly decisionBytes: Buffer;
}

export interface FetchedPage {
  /** By position; those that the neighbour does not have are left out. */
  readonly events: readonly FetchedEvent[];
  /** Up to which position the neighbour says that it has everything. */
  readonly head: number;
  readonly more: boolean;
}

/**
 * Asks a neighbour for events of a practice. What comes back is what was asked for (this practice, these positions, in
 * their order), as far as that can be told without verifying: whether it is true is for `JudgeFetched`.
 * @throws HubError `PEER_AWAY`, `PEER_REFUSED`, `PEER_ANSWER_INVALID`
 * @throws the signal's reason when it aborts
 */
export async function fetchEvents(
  client: Pick<PeerClient, 'get'>,
  neighbour: Neighbour,
  practice: PracticeKey,
  range: PositionRange,
  signal?: AbortSignal,
): Promise<FetchedPage> {
  const answer = await client.get(neighbour, placedEventsPath(practice, range), signal);
  const { events, head, more } = readPlacedPage(answer, neighbour.holder);
  let last = range.from - 1;
  const fetched = events.map((one) => {
    const read = readFetched(one, neighbour, practice);
    if (read.position <= last || read.position > range.to)
      throw wrong(neighbour, `position ${read.position}, which was not asked for or not in its turn`);
    last = read.position;
    return read;
  });
  return { events: fetched, head, more };
}

function readFetched(
  { position, event: bytes, decision: decisionBytes }: { position: number; event: Buffer; decision: Buffer },
  neighbour: Neighbour,
  practice: PracticeKey,
): FetchedEvent {
  try {
    const event = parseEvent(bytes);
    const decision = parseDecision(parseSignedItem(decisionBytes).item);
    if (practiceKey(event.practice) !== practiceKey(practice))
      throw wrong(neighbour, `an event of practice ${practiceKey(event.practice)}`);
    if (decision.position !== position) throw wrong(neighbour, `a decision on position ${decision.position}`);
    return { position, event, bytes, decisionBytes };
  } catch (error) {
    if (!(error instanceof HubError) || error.code === 'PEER_ANSWER_INVALID') throw error;
    throw wrong(neighbour, `bytes that cannot be read: ${error.code}`, error);
  }
}

function wrong({ holder }: Neighbour, what: string, cause?: HubError): HubError {
  return new HubError('PEER_ANSWER_INVALID', `${holder} gave ${what}`, { cause, details: { holder } });
}
