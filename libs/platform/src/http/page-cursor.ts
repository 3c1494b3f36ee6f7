import type { z } from 'zod';

import { HubError } from '#errors';

/** The `next` of a page: where the page ended, as opaque text (base64url of JSON). */
export function writePageCursor(place: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url');
}

/**
 * The place that a caller's cursor names.
 *
 * @throws HubError `CURSOR_INVALID` for text that is none of this list's
 */
export function readPageCursor<Place extends z.ZodType>(shape: Place, cursor: string): z.output<Place> {
  try {
    return shape.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()));
  } catch (cause) {
    throw new HubError('CURSOR_INVALID', 'not a cursor of this list', { cause });
  }
}
