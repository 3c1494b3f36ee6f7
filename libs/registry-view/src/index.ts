export { RegistryChain, type Adoption, type ChainEntry, type EntryKeeper } from './chain/registry-chain.ts';
export { rootOfTrust, type RootOfTrust } from './chain/root-of-trust.ts';
export { takeSnapshot } from './chain/snapshot.ts';
export { readRootOfTrust, readSnapshotFile, registryRootConfig, type RegistryRootConfig } from './config.ts';
export { CreateRegistryCopy1767225600021 } from './copy/create-registry-copy.ts';
export { RegistryCopy } from './copy/registry-copy.ts';
export {
  EXPIRY_WARNING_DAYS,
  keyBoard,
  type ExpiryWarning,
  type KeyStanding,
  type KeyState,
} from './keys/key-board.ts';
export { keyWarning, measureKeys } from './keys/key-metrics.ts';
export { RegistryAtVersion } from './state/registry-at-version.ts';
export { RegistryState } from './state/registry-state.ts';
export type { CertificateStanding } from './state/tables.ts';
export type { ChangeListener } from './view/change-waiters.ts';
export {
  RegistryView,
  type RegistryStatus,
  type RegistryViewSettings,
  type VersionStanding,
} from './view/registry-view.ts';
export { requireVersion } from './view/require-version.ts';
