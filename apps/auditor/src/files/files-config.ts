import { resolve } from 'node:path';
import { z } from 'zod';

const folder = z.string().min(1).optional();

/** Folders in which the log lies as files, for a web server or an object store. */
export const logFilesConfig = z
  .object({
    LOG_DIR: folder.describe(
      'a folder of its own, in which the checkpoint and the tiles of hashes are kept as files',
    ),
    LOG_DIR_WITH_ENTRIES: folder.describe(
      'another folder, in which the whole log is kept as files, its entries too',
    ),
  })
  .superRefine(({ LOG_DIR: open, LOG_DIR_WITH_ENTRIES: whole }, context) => {
    if (open === undefined || whole === undefined || resolve(open) !== resolve(whole)) return;
    const message = 'another folder than LOG_DIR: who may read hashes may not read entries';
    context.addIssue({ code: 'custom', path: ['LOG_DIR_WITH_ENTRIES'], message });
  })
  .transform((env): readonly LogFolderConfig[] => [
    ...(env.LOG_DIR === undefined ? [] : [{ check: 'files', path: env.LOG_DIR, entries: false }]),
    ...(env.LOG_DIR_WITH_ENTRIES === undefined
      ? []
      : [{ check: 'files with entries', path: env.LOG_DIR_WITH_ENTRIES, entries: true }]),
  ]);

export interface LogFolderConfig {
  /** Under which its state stands in `/health`. */
  readonly check: string;
  readonly path: string;
  readonly entries: boolean;
}
