import { z } from 'zod';
import { HubError } from '#errors';
import type { ReadLogFile } from '#tlog';
import { EXPORT_PATH } from './copy-paths.ts';

export const EXPORT_FORMAT = 'reset-hub/log-export@v1';

/** What of the archive an export was asked for. The log itself is always whole. */
const archiveScope = z.discriminatedUnion('of', [
  z.strictObject({ of: z.literal('everything') }),
  z.strictObject({ of: z.literal('nothing') }),
  z.strictObject({
    of: z.literal('practice'),
    practice: z.strictObject({ owner: z.string(), uuid: z.string() }),
  }),
  z.strictObject({ of: z.literal('authority'), authority: z.string() }),
  z.strictObject({ of: z.literal('period'), from: z.iso.datetime(), to: z.iso.datetime() }),
]);
export type ArchiveScope = z.output<typeof archiveScope>;

const description = z.object({
  format: z.literal(EXPORT_FORMAT),
  origin: z.string(),
  size: z.int().min(0),
  madeAt: z.iso.datetime(),
  archive: z.intersection(
    archiveScope,
    z.object({ documents: z.int().min(0).describe('how many are in it') }),
  ),
});

/** `export.json`: what whoever made the export says is in it. Nobody has to believe it. */
export type ExportDescription = z.output<typeof description>;

/**
 * What a copy says of itself.
 * @returns null if it says nothing: the files of a web server, say
 * @throws HubError `LOG_COPY_UNREADABLE` if it is no description, and what `read` throws
 */
export async function readExportDescription(read: ReadLogFile): Promise<ExportDescription | null> {
  const bytes = await read(EXPORT_PATH);
  if (bytes === undefined) return null;
  try {
    return description.parse(JSON.parse(bytes.toString('utf8')));
  } catch (cause) {
    throw new HubError('LOG_COPY_UNREADABLE', `${EXPORT_PATH} is not as an export writes it`, { cause });
  }
}
