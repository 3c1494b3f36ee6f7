export {
  archivePath,
  CHECKPOINT_PATH,
  EXPORT_PATH,
  parseArchivePath,
  parseRegistryPath,
  registryPath,
} from './copy/copy-paths.ts';
export {
  EXPORT_FORMAT,
  readExportDescription,
  type ArchiveScope,
  type ExportDescription,
} from './copy/export-description.ts';
export { folderCopy } from './copy/folder-copy.ts';
export { MAX_PACK_BYTES, MAX_SIGNED_BYTES, readPack, writePack, type PackOptions } from './copy/pack.ts';
export { readRecords, readRegistry, type LogRecord, type RecordRange } from './copy/records.ts';
export { actionEntry, decisionEntry, eventEntry, receiptEntry, registryEntry } from './entries/entry-of.ts';
export { defaultStateFolder } from './state/verified-state.ts';
export { exportLog, type Exported, type ExportSettings } from './export/export-log.ts';
export { CopyRegistry } from './trust/copy-registry.ts';
export {
  AUDIT_STEPS,
  MAX_LISTED,
  NOTE_KINDS,
  type AuditStep,
  type Finding,
  type Note,
  type NoteKind,
} from './verify/findings.ts';
export type { EarlierCheckpoint } from './verify/judge-head.ts';
export { REPORT_FORMAT, type AuditReport, type StepResult } from './verify/report.ts';
export type { StampOf } from './verify/stamps.ts';
export { onlyLog, verifyFolder, type VerifyFolderSettings } from './verify/verify-folder.ts';
export { verifyCopy } from './verify/verify-copy.ts';
export type { VerifySettings } from './verify/verify-settings.ts';
