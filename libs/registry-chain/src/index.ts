export { RegistryChain, type Adoption, type ChainEntry, type EntryKeeper } from './chain/registry-chain.ts';
export { rootAmong } from './chain/root-among.ts';
export { rootOfTrust, type RootOfTrust } from './chain/root-of-trust.ts';
export { takeSnapshot } from './chain/snapshot.ts';
export { RegistryAtVersion } from './state/registry-at-version.ts';
export { RegistryState } from './state/registry-state.ts';
export type { CertificateStanding } from './state/tables.ts';
