export { AccessLog, type ReadKind, type ReadThing } from './access-log.ts';
export { AccessLogModule } from './access-log.module.ts';
export { AnchorAccesses } from './anchor-accesses.ts';
export { CreateAccessLog1767225605201 } from './create-access-log.ts';
export { accessesChore, accessesConfig } from './prune-accesses.ts';
export { ReadBy, type Reader } from './reader.ts';
