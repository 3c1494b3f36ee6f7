export type { Chore } from './keep-house.ts';
export { signingKeyHealth } from './node-health.ts';
export { measureCounts, type CountedRows } from './measure-counts.ts';
export { loadNodeConfig, NODE_CONFIG, type NodeConfig } from './node-config.ts';
export { openNode, type OpenNode } from './open-node.ts';
export { openSigner } from './open-signer.ts';
export { startNode, type StartOptions } from './start-node.ts';
export { OPEN_NODE } from './tokens.ts';
