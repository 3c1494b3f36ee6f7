export type { Asked, Given } from './ask-in-turn.ts';
export { callingHolder, type CallerRegistry } from './calling-holder.ts';
export {
  numbersFrom,
  ownEventsPath,
  ownPageAnswer,
  placedEventsPath,
  placedPageAnswer,
  positionRange,
  readOwnPage,
  readPlacedPage,
  writeOwnPage,
  writePlacedPage,
  type OwnPage,
  type PlacedBytes,
  type PlacedPage,
  type PositionRange,
} from './event-pages.ts';
export { GapRounds, type GapRoundsOptions, type RoundEnd } from './gap-rounds.ts';
export { hasMore, pageQuery } from './page-query.ts';
export { refusalCode } from './refusal-code.ts';
export { requireParticipant } from './require-participant.ts';
export { PeerClient, type Neighbour, type PeerClientOptions, type PeerReply } from './peer-client.ts';
