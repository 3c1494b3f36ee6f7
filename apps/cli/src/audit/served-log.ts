import { HubError } from '#errors';
import type { ReadLogFile } from '#tlog';
import type { RestClient } from '../rest/rest-client.ts';

/** The log as an auditor serves it, or a web server that holds its files: by their paths. */
export function servedLog(auditor: Pick<RestClient, 'bytes'>): ReadLogFile {
  return async (path) => {
    try {
      return await auditor.bytes(`/log/${path}`);
    } catch (error) {
      if (error instanceof HubError && isMissing(error)) return undefined;
      throw error;
    }
  };
}

/** An auditor says so with a code of ours, a web server with its 404 alone. */
function isMissing({ code, details }: HubError): boolean {
  if (code === 'NODE_ANSWER_UNEXPECTED') return details['status'] === 404;
  return code === 'LOG_TILE_MISSING' || code === 'LOG_NOT_READY';
}

/**
 * The checkpoint to make an export of: the newest that enough witnesses have cosigned. The newest of all while none is, or
 * if a newer one was exported before.
 * @param atLeast leaves that there have to be
 * @throws HubError `LOG_NOT_READY` while the log has published none
 */
export async function checkpointToExport(
  read: ReadLogFile,
  {
    newest,
    sizeOf,
    atLeast,
  }: {
    readonly newest: boolean;
    readonly sizeOf: (note: Buffer) => number;
    readonly atLeast: number;
  },
): Promise<Buffer> {
  const witnessed = newest ? undefined : await read('witnessed-checkpoint');
  if (witnessed !== undefined && sizeOf(witnessed) >= atLeast) return witnessed;
  const note = await read('checkpoint');
  if (note !== undefined) return note;
  throw new HubError('LOG_NOT_READY', 'the log has not published a checkpoint yet');
}
