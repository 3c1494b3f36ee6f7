import { buffer } from 'node:stream/consumers';
import type { IncomingMessage } from 'node:http';
import type { Answered } from '#access';
import { FORM_SIZE_LIMIT, MAX_MANIFEST_DOCUMENTS, parseDocumentId, type PracticeId } from '#contracts';
import { readMultipart, type MultipartFile } from '#documents';
import { HubError } from '#errors';
import type { StagedDocument } from '../documents/document-rows.ts';
import type { NodeParts } from '../node-parts.ts';

/** Limits of one upload. */
export interface IntakeLimits {
  /** Bytes of one file. */
  readonly fileBytes: number;
}

/** Files of one request: the form, and as many as a manifest lists. */
const MAX_FILES = MAX_MANIFEST_DOCUMENTS + 1;
/** Fields of one request beyond which nobody files by hand. */
const MAX_FIELDS = 50;
const MAX_FIELD_BYTES = 4096;

/** A file of the request, in the store, with the name of the form field it came in. */
export interface IntakeFile extends StagedDocument {
  readonly field: string;
}

export interface Intake {
  readonly fields: ReadonlyMap<string, readonly string[]>;
  readonly files: readonly IntakeFile[];
  /** Removes the files again: the request was refused, or repeats an earlier one. */
  discard(): Promise<void>;
}

/** Reads an upload: each file streams into the practice's own part of the store, nothing is held in memory. */
export async function takeIn(
  parts: NodeParts,
  request: IncomingMessage,
  practice: { readonly owner: NodeParts['ipa']; readonly uuid: PracticeId },
  limits: IntakeLimits,
): Promise<Intake> {
  const discard = async (file: IntakeFile): Promise<void> => {
    await parts.documents.delete(file.key);
  };
  const store = async (file: MultipartFile): Promise<IntakeFile> => {
    const document = parseDocumentId(parts.ids.uuid());
    const key = { owner: practice.owner, practice: practice.uuid, document };
    const stored = await parts.documents.put(key, file.content, {
      maxBytes: limits.fileBytes,
      name: file.name,
    });
    return { key, stored, mediaType: mediaTypeOf(file.mediaType), field: file.field };
  };
  const { fields, files } = await readMultipart(request, {
    limits: {
      fileBytes: limits.fileBytes,
      files: MAX_FILES,
      fields: MAX_FIELDS,
      fieldBytes: MAX_FIELD_BYTES,
    },
    onFile: store,
    discard,
  });
  return {
    fields,
    files,
    discard: async () => {
      await Promise.all(files.map(discard));
    },
  };
}

/** RFC 6838 §4.2, as short as the event's schema asks (127 characters in all). */
const MEDIA_TYPE = /^[a-z0-9][a-z0-9!#$&^_.+-]{0,62}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,62}$/;

/** The media type without parameters (they may hold a file name), or the one that says nothing. */
function mediaTypeOf(given: string): string {
  const essence = given.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  return MEDIA_TYPE.test(essence) ? essence : 'application/octet-stream';
}

/**
 * The whole of a stored form: forms are small, and validation needs all of it.
 * @throws HubError `FORM_TOO_LARGE`
 */
export async function readForm(
  parts: NodeParts,
  form: Pick<StagedDocument, 'key' | 'stored'>,
): Promise<Buffer> {
  if (form.stored.size > FORM_SIZE_LIMIT) {
    throw new HubError(
      'FORM_TOO_LARGE',
      `the form has ${form.stored.size} bytes, ${FORM_SIZE_LIMIT} are allowed`,
    );
  }
  return buffer(parts.documents.open(form.key));
}

/**
 * Files that came with a request stay only if the request took effect, and was not a repetition. If the database was
 * lost on the way nobody knows whether it committed: then they stay, and `UnnamedDocuments` decides later.
 */
export async function keepingFiles<T extends object>(
  intake: Intake,
  run: () => Promise<Answered<T>>,
): Promise<T> {
  try {
    const { answer, repeated } = await run();
    if (repeated) await intake.discard();
    return answer;
  } catch (error) {
    if (!(error instanceof HubError && error.code === 'DATABASE_UNAVAILABLE')) await intake.discard();
    throw error;
  }
}

/** Nest token of {@link IntakeLimits}. */
export const INTAKE_LIMITS = Symbol('IntakeLimits');
