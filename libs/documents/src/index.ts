export type { DiskHook, DiskStep } from './chunk-file.ts';
export { DocumentFetcher, type FetcherOptions } from './document-fetcher.ts';
export type * from './document-store.ts';
export type * from './fetch-queue.ts';
export { runFetchQueue, type FetchRunner, type FetchRunnerOptions } from './fetch-runner.ts';
export { FIRST_WAIT_MS, LONGEST_WAIT_MS, nextAttempt } from './fetch-schedule.ts';
export * from './fetch-types.ts';
export {
  FileKeyStore,
  type Destruction,
  type FileKeyStoreOptions,
  type Rewrapped,
} from './keys/file-key-store.ts';
export { FileMasterKey, newMasterKey, type MasterKey, type WrappedKey } from './keys/master-key.ts';
export type * from './keys/practice-keys.ts';
export { cleanFileName } from './file-name.ts';
export { FileDocumentStore, type FileStoreOptions } from './file-document-store.ts';
export * from './multipart.ts';
export { documentUrl, entityTag, NODE_SERVER_MAX_HEADER_BYTES, readDecisionHeader } from './node-protocol.ts';
export { DocumentHasher, SALT_BYTES, saltedDigest, type DocumentDigests } from './salted-digest.ts';
export { serveDocument, type Served, type ServeOptions } from './serve-document.ts';
export type { SweepReport } from './writing-folder.ts';
