export { callingHolder, type CallerRegistry } from './calling-holder.ts';
export {
  ownEventsPath,
  ownPageAnswer,
  placedEventsPath,
  placedPageAnswer,
  readOwnPage,
  readPlacedPage,
  writeOwnPage,
  writePlacedPage,
  type OwnPage,
  type PlacedBytes,
  type PlacedPage,
  type PositionRange,
} from './event-pages.ts';
export { pageQuery } from './page-query.ts';
export { PeerClient, type Neighbour, type PeerClientOptions } from './peer-client.ts';
