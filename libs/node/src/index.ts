export type { Chore } from './keep-house.ts';
export { signingKeyHealth } from './node-health.ts';
export { loadNodeConfig, NODE_CONFIG, type NodeConfig } from './node-config.ts';
export { openNode, type OpenNode } from './open-node.ts';
export { inChunks, isHopeless, openTail, type OwnTail, type TailNode } from './own-tail.ts';
export { openSigner } from './open-signer.ts';
export type { Recover } from './recovery.ts';
export { startNode, type RecoverySettings, type StartOptions } from './start-node.ts';
export { OPEN_NODE } from './tokens.ts';
