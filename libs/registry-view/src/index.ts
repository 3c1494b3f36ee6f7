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
export type { ChangeListener } from './view/change-waiters.ts';
export {
  RegistryView,
  type RegistryStatus,
  type RegistryViewSettings,
  type VersionStanding,
} from './view/registry-view.ts';
export { requireVersion } from './view/require-version.ts';
