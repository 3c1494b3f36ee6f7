import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { HubError, systemCode } from '#errors';
import { crashPoint, diskStep, isCrashOrdered, isDiskFull, syncFolder } from '#platform';

/** What is done on the disk, each step by itself, so that a test can end the world behind any of them. */
export interface Disk {
  /** Makes a folder, and those above it. */
  makeFolder(path: string): Promise<void>;
  /** Writes a file that nobody reads yet, so that its content survives a power cut. */
  write(path: string, bytes: Buffer): Promise<void>;
  /** Gives a file its name, in place of what had it: a reader finds the one or the other. */
  rename(from: string, to: string): Promise<void>;
  /** Makes the names in a folder survive a power cut. */
  syncFolder(path: string): Promise<void>;
  /** Removes a file or a folder with what is in it, if there is one. */
  remove(path: string): Promise<void>;
  /** Undefined if there is no such file. */
  read(path: string): Promise<Buffer | undefined>;
}

/** The machine's own. Behind each step a fault test can end the process, and in the middle of a file; or find no room. */
export const DISK: Disk = {
  makeFolder: async (path) => {
    diskStep();
    await mkdir(path, { recursive: true });
    crashPoint('folder-made');
  },
  write: async (path, bytes) => {
    diskStep();
    const file = await open(path, 'w');
    try {
      const half = isCrashOrdered('file-half-written') ? Math.floor(bytes.length / 2) : 0;
      if (half > 0) {
        await file.writeFile(bytes.subarray(0, half));
        crashPoint('file-half-written');
      }
      await file.writeFile(bytes.subarray(half));
      await file.sync();
    } finally {
      await file.close();
    }
    crashPoint('file-written');
  },
  rename: async (from, to) => {
    diskStep();
    await rename(from, to);
    crashPoint('file-named');
  },
  syncFolder: async (path) => {
    diskStep();
    await syncFolder(path);
    crashPoint('folder-synced');
  },
  remove: async (path) => {
    await rm(path, { recursive: true, force: true });
    crashPoint('file-removed');
  },
  read: async (path) => {
    try {
      return await readFile(path);
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return undefined;
      throw error;
    }
  },
};

/** A failure of the disk with a code of ours: `DISK_FULL`, or `LOG_FILES_UNWRITABLE`. */
export function diskError(cause: unknown, folder: string): unknown {
  const code = systemCode(cause);
  if (cause instanceof HubError || code === undefined) return cause;
  if (isDiskFull(code))
    return new HubError('DISK_FULL', `no room for the log’s files in ${folder}`, { cause });
  return new HubError('LOG_FILES_UNWRITABLE', `the log’s files in ${folder}: ${code}`, { cause });
}
