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
export type { EventName, FieldDifference, ReplayCode, ReplayFinding } from './replay/finding.ts';
export {
  NAMED_AT_ONCE,
  NodeStates,
  type AskedNode,
  type HeldDigest,
  type PlacedThere,
  type StateInFull,
  type StatesPage,
  type WantedState,
} from './replay/node-states.ts';
export { readPracticeChoice, type PracticeChoice } from './replay/practice-choice.ts';
export { RegistryHistory } from './replay/registry-history.ts';
export {
  replayLog,
  type ReplayedNode,
  type ReplayOptions,
  type ReplayProgress,
  type ReplayReport,
  type ReplaySource,
} from './replay/replay-log.ts';
export { replayPractice, type ReplayedPractice, type ReplayedStep } from './replay/replay-practice.ts';
export type { ReplayRecord } from './replay/replay-record.ts';
export { actionEntry, decisionEntry, eventEntry, receiptEntry, registryEntry } from './entries/entry-of.ts';
export { ContainerReader } from './evidence/container-reader.ts';
export { ContainerWriter } from './evidence/container-writer.ts';
export type { EvidenceFault, EvidenceNote, EvidenceStep } from './evidence/faults.ts';
export { MAX_EVIDENCE_LEAVES } from './evidence/container-format.ts';
export type {
  EvidenceSource,
  ProvingCheckpoint,
  SourceLeaf,
  SourceWitness,
} from './evidence/evidence-source.ts';
export { copySource, type EvidenceCopy } from './evidence/copy-source.ts';
export { practiceInCopy } from './evidence/find-practice.ts';
export { packEvidence, type SealOptions } from './evidence/pack-evidence.ts';
export { RegistrySelection, type RegistryQuestion } from './evidence/registry-part.ts';
export {
  verifyEvidence,
  type EvidenceCheck,
  type EvidenceReport,
  type EvidenceTrust,
} from './evidence/verify-evidence.ts';
export { ServedLog, type ServedLogSettings, type TaggedFile } from './copy/served-log.ts';
export { compareTopics, type CompareSettings } from './topics/compare-topics.ts';
export {
  publishedAs,
  roleOf,
  type RefusedPlace,
  type TopicRange,
  type TopicRecord,
  type TopicToCompare,
} from './topics/topic-records.ts';
export type { PartitionReport, TopicFinding, TopicReport, TopicsReport } from './topics/topics-report.ts';
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
export {
  explainEvent,
  type ExplainedEvent,
  type ExplainedRule,
  type SoughtEvent,
} from './explain/explain-event.ts';
export { registryThen, type RegistryThen } from './explain/registry-then.ts';
export { trailInCopy } from './explain/trail-in-copy.ts';
export { conditionInWords, factsInWords, selectorInWords } from './explain/words.ts';
export type { Alarm } from './watch/alarms.ts';
export type { WatchBounds } from './watch/judge-times.ts';
export { WATCH_REPORT_FORMAT, type RoundReport } from './watch/round-report.ts';
export { WATCH_DEPTHS, WatchLog, type WatchDepth, type WatchSettings } from './watch/watch-log.ts';
export { WatchState } from './watch/watch-state.ts';
