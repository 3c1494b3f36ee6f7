import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseDocumentId, parseSha256, type DocumentRef, type DocumentRole } from '#contracts';
import type { IdSource } from '#platform';
import { CREMONA } from './catalogue-changes.ts';

/** A document with what only its holders know: bytes and salt. */
export interface TestDocument {
  readonly ref: DocumentRef;
  readonly bytes: Buffer;
  readonly salt: Buffer;
}

/** A document of an event, its digest salted as on the wire. */
export function aDocument(
  ids: IdSource,
  role: DocumentRole,
  bytes: Buffer,
  mediaType = 'application/pdf',
): TestDocument {
  const salt = ids.bytes(32);
  const saltedDigest = parseSha256(createHash('sha256').update(salt).update(bytes).digest('hex'));
  const ref = { id: parseDocumentId(ids.uuid()), role, mediaType, size: bytes.length, saltedDigest };
  return { ref, bytes, salt };
}

/** The catalogue's example of a procedure's form; everyone in it is invented. */
export function exampleForm(procedure: string): Buffer {
  return readFileSync(join(CREMONA, 'examples', `${procedure}.xml`));
}
