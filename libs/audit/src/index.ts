export {
  archivePath,
  CHECKPOINT_PATH,
  EXPORT_PATH,
  parseArchivePath,
  parseRegistryPath,
  registryPath,
} from './copy/copy-paths.ts';
export { folderCopy } from './copy/folder-copy.ts';
export { MAX_PACK_BYTES, MAX_SIGNED_BYTES, readPack, writePack, type PackOptions } from './copy/pack.ts';
export { readRecords, readRegistry, type LogRecord, type RecordRange } from './copy/records.ts';
