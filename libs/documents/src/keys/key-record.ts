import { z } from 'zod';

import { HubError } from '#errors';

const FORMAT = 'reset-hub/practice-key@v1';
const KEY_ID = z.string().regex(/^[0-9a-f]{32}$/);

const record = z.strictObject({
  format: z.literal(FORMAT),
  /** The key in use; null when it was destroyed and no other has been asked for since. */
  key: z
    .strictObject({
      id: KEY_ID,
      master: z.string().regex(/^[0-9a-f]{16}$/),
      wrapped: z.base64(),
    })
    .nullable(),
  /** Keys that were, and when and by whose decision they were destroyed. */
  destroyed: z.array(z.strictObject({ id: KEY_ID, at: z.iso.datetime(), request: z.string() })),
});

/** The file of a practice's key: what remains of it, when the key is destroyed, tells that and nothing else. */
export type KeyRecord = z.output<typeof record>;

export function formatRecord(fields: Omit<KeyRecord, 'format'>): string {
  return `${JSON.stringify({ format: FORMAT, ...fields })}\n`;
}

/** @throws HubError `DOCUMENT_KEY_MISSING` */
export function parseRecord(text: string, path: string): KeyRecord {
  try {
    return record.parse(JSON.parse(text));
  } catch (cause) {
    throw new HubError('DOCUMENT_KEY_MISSING', `${path} is no key of a practice`, { cause });
  }
}
