/**
 * Branded identifiers. A plain string becomes one only through its parser, at the edge of the system;
 * everything inside can then rely on the shape.
 */
import { HubError } from '#errors';

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** IPA code of a public body, case as given (`c_d150`, `p_cr`). Compared case-insensitively, never derived. */
export type IpaCode = Branded<'IpaCode'>;
/** Codice Unico Istanza, `<owner>/<year>/<progressive>`, e.g. `c_d150/2026/000001`. */
export type Cui = Branded<'Cui'>;
/** UUIDv7 (RFC 9562) of an event, lower case. Unique only together with its author. */
export type EventId = Branded<'EventId'>;
/** UUID of a practice, lower case. Its identity is (owner IPA code, uuid). */
export type PracticeId = Branded<'PracticeId'>;
/** UUID of a document, unique within its practice, lower case. */
export type DocumentId = Branded<'DocumentId'>;
/** SHA-256 digest as 64 lower-case hexadecimal characters. */
export type Sha256 = Branded<'Sha256'>;
/** ISTAT code of a municipality, six digits. */
export type IstatCode = Branded<'IstatCode'>;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

function checked(text: string, what: string, shape: RegExp, wanted: string): string {
  if (shape.test(text)) return text;
  throw new HubError('ID_MALFORMED', `${what} must be ${wanted}, got ${JSON.stringify(text.slice(0, 80))}`);
}

/** @throws HubError `ID_MALFORMED` */
export function parseIpaCode(text: string): IpaCode {
  return checked(text, 'an IPA code', /^[A-Za-z0-9_.-]{1,16}$/, '1 to 16 of A-Z a-z 0-9 _ . -') as IpaCode;
}

/** @throws HubError `ID_MALFORMED` */
export function parseCui(text: string): Cui {
  return checked(
    text,
    'a CUI',
    /^[A-Za-z0-9_.-]{1,16}\/[0-9]{4}\/[0-9]{6,12}$/,
    '<owner>/<year>/<progressive of at least six digits>',
  ) as Cui;
}

/** @throws HubError `ID_MALFORMED` */
export function parseEventId(text: string): EventId {
  return checked(text, 'an event id', UUID_V7, 'a lower-case UUIDv7') as EventId;
}

/** @throws HubError `ID_MALFORMED` */
export function parsePracticeId(text: string): PracticeId {
  return checked(text, 'a practice id', UUID, 'a lower-case UUID') as PracticeId;
}

/** @throws HubError `ID_MALFORMED` */
export function parseDocumentId(text: string): DocumentId {
  return checked(text, 'a document id', UUID, 'a lower-case UUID') as DocumentId;
}

/** @throws HubError `ID_MALFORMED` */
export function parseSha256(text: string): Sha256 {
  return checked(
    text,
    'a SHA-256 digest',
    /^[0-9a-f]{64}$/,
    '64 lower-case hexadecimal characters',
  ) as Sha256;
}

/** @throws HubError `ID_MALFORMED` */
export function parseIstatCode(text: string): IstatCode {
  return checked(text, 'an ISTAT code', /^[0-9]{6}$/, 'six digits') as IstatCode;
}
