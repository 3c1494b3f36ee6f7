/** PKCS #11 URIs (RFC 7512): where a key lives, and the file that holds the PIN. */
import { isAbsolute } from 'node:path';
import { fileURLToPath } from 'node:url';
import { HubError } from '#errors';

/** What a token has to be called; what is undefined may be anything. Compared as text, without trailing spaces. */
export interface TokenFilter {
  readonly token: string | undefined;
  readonly serial: string | undefined;
  readonly manufacturer: string | undefined;
  readonly model: string | undefined;
}

/** A private key in a token. */
export interface KeyReference {
  /** Absolute path of the PKCS #11 module (a shared library) of the token's maker. */
  readonly modulePath: string;
  readonly token: TokenFilter;
  /** CKA_LABEL. */
  readonly object: string | undefined;
  /** CKA_ID. */
  readonly id: Buffer | undefined;
  /** Absolute path of a file whose first line is the user's PIN; undefined for a token without one, or with a PIN pad. */
  readonly pinFile: string | undefined;
}

const SCHEME = 'pkcs11:';
const PATH_ATTRIBUTES = ['token', 'serial', 'manufacturer', 'model', 'object', 'id', 'type'] as const;
const QUERY_ATTRIBUTES = ['module-path', 'pin-source'] as const;

/** True if the text means a key in a token, not a file. RFC 3986 §3.1: schemes know no letter case. */
export function isPkcs11Uri(text: string): boolean {
  return text.slice(0, SCHEME.length).toLowerCase() === SCHEME;
}

/**
 * Reads the URI of a private key. Stricter than RFC 7512 lets one be: an attribute that is not known here is refused,
 * because leaving it out could choose another key; slots are refused, because their numbers change.
 * @throws HubError `PKCS11_URI_INVALID`; no sentence of it ever holds a PIN
 */
export function parsePkcs11Uri(uri: string): KeyReference {
  if (!isPkcs11Uri(uri)) throw invalid('it does not begin with pkcs11:');
  const [path = '', query = '', ...more] = uri.slice(SCHEME.length).split('?');
  if (more.length > 0) throw invalid('it has more than one question mark');
  const where = attributes(path, ';', PATH_ATTRIBUTES);
  const how = attributes(query, '&', QUERY_ATTRIBUTES);
  const modulePath = text(how, 'module-path');
  if (modulePath === undefined)
    throw invalid('module-path is missing: the path of the token’s PKCS#11 module');
  if (!isAbsolute(modulePath)) throw invalid('module-path is not an absolute path');
  const type = text(where, 'type') ?? 'private';
  if (type !== 'private') throw invalid(`type=${type} does not sign; a private key is wanted`);
  const pinSource = text(how, 'pin-source');
  return {
    modulePath,
    token: {
      token: text(where, 'token'),
      serial: text(where, 'serial'),
      manufacturer: text(where, 'manufacturer'),
      model: text(where, 'model'),
    },
    object: text(where, 'object'),
    id: where.get('id'),
    pinFile: pinSource === undefined ? undefined : pinPath(pinSource),
  };
}

function attributes(part: string, separator: string, known: readonly string[]): ReadonlyMap<string, Buffer> {
  const found = new Map<string, Buffer>();
  for (const attribute of part === '' ? [] : part.split(separator)) {
    const equals = attribute.indexOf('=');
    if (equals < 1) throw invalid(`each part between ${separator} is name=value`);
    const name = attribute.slice(0, equals);
    if (name === 'pin-value') {
      throw invalid('pin-value would show the PIN to whoever sees the configuration; use pin-source=file:/…');
    }
    if (!known.includes(name)) throw invalid(`${name} is not one of ${known.join(', ')} here`);
    // RFC 7512 §2.3: no attribute more than once.
    if (found.has(name)) throw invalid(`${name} is given twice`);
    found.set(name, percentDecoded(attribute.slice(equals + 1), name));
  }
  return found;
}

/** RFC 3986 §2.1: octets as %XX; anything that is not ASCII has to be written so. */
function percentDecoded(value: string, name: string): Buffer {
  if (!/^(?:%[0-9A-Fa-f]{2}|[!-$&-~])*$/.test(value)) {
    throw invalid(`${name} has a character that must be written as %XX`);
  }
  const latin1 = value.replace(/%([0-9A-Fa-f]{2})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
  return Buffer.from(latin1, 'latin1');
}

function text(found: ReadonlyMap<string, Buffer>, name: string): string | undefined {
  const octets = found.get(name);
  if (octets === undefined) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(octets);
  } catch (cause) {
    throw new HubError('PKCS11_URI_INVALID', `${name} is not UTF-8`, { cause });
  }
}

/** RFC 7512 §2.4 leaves the forms of pin-source open: a file: URI or an absolute path here, never a command. */
function pinPath(source: string): string {
  if (isAbsolute(source)) return source;
  try {
    return fileURLToPath(source);
  } catch (cause) {
    throw new HubError('PKCS11_URI_INVALID', 'pin-source is no file: URI and no absolute path', { cause });
  }
}

function invalid(reason: string): HubError {
  return new HubError('PKCS11_URI_INVALID', reason);
}
