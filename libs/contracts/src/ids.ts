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

function parser<T extends string>(what: string, shape: RegExp, wanted: string): (text: string) => T {
  return (text) => {
    if (shape.test(text)) return text as T;
    throw new HubError('ID_MALFORMED', `${what} must be ${wanted}, got ${JSON.stringify(text.slice(0, 80))}`);
  };
}

/** @throws HubError `ID_MALFORMED` */
export const parseIpaCode = parser<IpaCode>(
  'an IPA code',
  /^[A-Za-z0-9_.-]{1,16}$/,
  '1 to 16 of A-Z a-z 0-9 _ . -',
);
/** @throws HubError `ID_MALFORMED` */
export const parseCui = parser<Cui>(
  'a CUI',
  /^[A-Za-z0-9_.-]{1,16}\/[0-9]{4}\/[0-9]{6,12}$/,
  '<owner>/<year>/<progressive of at least six digits>',
);
/** @throws HubError `ID_MALFORMED` */
export const parseEventId = parser<EventId>('an event id', UUID_V7, 'a lower-case UUIDv7');
/** @throws HubError `ID_MALFORMED` */
export const parsePracticeId = parser<PracticeId>('a practice id', UUID, 'a lower-case UUID');
/** @throws HubError `ID_MALFORMED` */
export const parseDocumentId = parser<DocumentId>('a document id', UUID, 'a lower-case UUID');
/** @throws HubError `ID_MALFORMED` */
export const parseSha256 = parser<Sha256>(
  'a SHA-256 digest',
  /^[0-9a-f]{64}$/,
  '64 lower-case hexadecimal characters',
);
/** @throws HubError `ID_MALFORMED` */
export const parseIstatCode = parser<IstatCode>('an ISTAT code', /^[0-9]{6}$/, 'six digits');
