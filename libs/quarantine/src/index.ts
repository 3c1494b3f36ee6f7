export { inWords } from './entry-view.ts';
export { keepAllParked, type KeepParkedOptions, type ParkedRecord } from './keep-parked.ts';
export { QUARANTINE_MIGRATIONS } from './migrations.ts';
export { createReruns } from './quarantine-desk.ts';
export type { QuarantineParts } from './quarantine-parts.ts';
export { QuarantineModule } from './quarantine.module.ts';
export { QuarantineStore, type QuarantineEntry } from './quarantine-store.ts';
export { ReleaseQuarantined, type Release } from './release-quarantined.ts';
export { closePassed, supersedeParked, type Superseded } from './settle-parked.ts';
