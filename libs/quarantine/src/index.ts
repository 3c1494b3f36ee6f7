export { CreateQuarantine1767225600030 } from './create-quarantine.ts';
export { keepAllParked, type KeepParkedOptions, type ParkedRecord } from './keep-parked.ts';
export type { QuarantineParts } from './quarantine-parts.ts';
export { QuarantineModule } from './quarantine.module.ts';
export { QuarantineStore, type QuarantineEntry } from './quarantine-store.ts';
export { ReleaseQuarantined, type ReleaseResult } from './release-quarantined.ts';
