import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { HubError } from '#errors';

/**
 * Reads a JSON file of the operator's and checks its shape.
 * @throws HubError `CERTIFICATES_UNREADABLE` with the path and what is wrong
 */
export function readJsonFile<Schema extends z.ZodType>(path: string, schema: Schema): z.output<Schema> {
  try {
    return schema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (cause) {
    const fault = cause instanceof z.ZodError ? z.prettifyError(cause) : 'it is not a readable JSON file';
    throw new HubError('CERTIFICATES_UNREADABLE', `${path}: ${fault}`, { cause, details: { path } });
  }
}
