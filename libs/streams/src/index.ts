export { ownTopicsApart, REGISTRY_APART } from './apart.ts';
export { NodeStreams } from './node-streams.ts';
export { RewindWatch } from './rewind-watch.ts';
export { StreamsModule } from './streams.module.ts';
export type { StreamsParts } from './streams-parts.ts';
