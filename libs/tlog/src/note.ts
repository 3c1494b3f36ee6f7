/** C2SP signed-note (c2sp.org/signed-note). What a signature covers is its key's affair: see `NOTE_KEY_TYPES`. */
import { HubError } from '#errors';
import { hasControlCharacter } from './control-characters.ts';
import { assertKeyName, type NoteSigner, type NoteVerifier } from './note-key.ts';
import { decodeStrictBase64 } from './strict-base64.ts';

/**
 * A note larger than this is refused before anything is read. Bytes. Sixteen signatures, which a verifier must accept,
 * may take 6 KB each if others sign with post-quantum keys.
 */
export const MAX_NOTE_BYTES = 128 * 1024;
/** Signature lines beyond this number are refused (the specification asks for at least 16). */
export const MAX_NOTE_SIGNATURES = 64;

const SIGNATURE_PREFIX = '— ';

export interface NoteSignature {
  readonly name: string;
  /** Four bytes. */
  readonly keyId: Buffer;
  readonly signature: Buffer;
}

export interface ParsedNote {
  /** The signed text, its final newline included. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

/** A signature that was checked. */
export interface VerifiedSignature {
  readonly verifier: NoteVerifier;
  readonly signature: Buffer;
}

/** Which keys signed a note. Never none. */
export interface VerifiedNote extends ParsedNote {
  /** Their names, each once. Two keys may share one: what matters is in `verified`. */
  readonly signedBy: readonly string[];
  readonly verified: readonly VerifiedSignature[];
}

/**
 * Signs `text`, which ends with a newline, with each of `signers` in order.
 * @throws HubError `LOG_NOTE_MALFORMED` if the text cannot be a note.
 */
export function signNote(text: string, signers: readonly NoteSigner[]): Buffer {
  assertText(text);
  const message = Buffer.from(text, 'utf8');
  return formatNote(
    text,
    signers.map((signer) => ({
      name: signer.verifier.name,
      keyId: signer.verifier.keyId,
      signature: signer.sign(message),
    })),
  );
}

/**
 * Writes a note with signatures made before.
 * @throws HubError `LOG_NOTE_MALFORMED` if the text cannot be a note or nobody has signed it.
 */
export function formatNote(text: string, signatures: readonly NoteSignature[]): Buffer {
  assertText(text);
  if (signatures.length === 0) throw malformed('a note needs a signature');
  return Buffer.from(`${text}\n${signatures.map(formatSignatureLine).join('')}`, 'utf8');
}

/** One signature line, its newline included. */
export function formatSignatureLine({ name, keyId, signature }: NoteSignature): string {
  return `${SIGNATURE_PREFIX}${name} ${Buffer.concat([keyId, signature]).toString('base64')}\n`;
}

/**
 * Takes a note apart without trusting it.
 * @throws HubError `LOG_NOTE_MALFORMED`, `BASE64_NOT_STRICT`
 */
export function parseNote(bytes: Buffer): ParsedNote {
  const note = decodeNote(bytes);
  const end = note.lastIndexOf('\n\n');
  if (end < 0) throw malformed('no blank line before the signatures');
  const text = note.slice(0, end + 1);
  assertText(text);
  return { text, signatures: readSignatureLines(note.slice(end + 2)) };
}

/**
 * Reads signature lines that stand alone, as a witness answers them.
 * @throws HubError `LOG_NOTE_MALFORMED`, `BASE64_NOT_STRICT`
 */
export function parseSignatureLines(bytes: Buffer): NoteSignature[] {
  return readSignatureLines(decodeNote(bytes));
}

/** True if the key is the one that a signature line names. */
export function isKeyOf({ name, keyId }: Pick<NoteVerifier, 'name' | 'keyId'>, line: NoteSignature): boolean {
  return line.name === name && line.keyId.equals(keyId);
}

/**
 * Checks a note against known keys. Signatures by others are ignored, as the specification asks; one by a known key
 * that does not verify refuses the whole note, and so does the absence of any known key.
 * @throws HubError `LOG_NOTE_MALFORMED`, `BASE64_NOT_STRICT`, `LOG_SIGNATURE_INVALID`, `LOG_KEY_UNKNOWN`
 */
export function verifyNote(bytes: Buffer, verifiers: readonly NoteVerifier[]): VerifiedNote {
  const note = parseNote(bytes);
  const message = Buffer.from(note.text, 'utf8');
  const verified: VerifiedSignature[] = [];
  for (const line of note.signatures) {
    const verifier = verifiers.find((candidate) => isKeyOf(candidate, line));
    if (verifier === undefined) continue;
    if (!verifier.verify(message, line.signature)) {
      throw new HubError('LOG_SIGNATURE_INVALID', `the signature of ${line.name} does not verify`);
    }
    verified.push({ verifier, signature: line.signature });
  }
  if (verified.length === 0) throw new HubError('LOG_KEY_UNKNOWN', 'no known key has signed the note');
  return { ...note, verified, signedBy: [...new Set(verified.map(({ verifier }) => verifier.name))] };
}

function readSignatureLines(text: string): NoteSignature[] {
  if (!text.endsWith('\n')) throw malformed('the last line does not end');
  const lines = text.slice(0, -1).split('\n');
  if (lines.length > MAX_NOTE_SIGNATURES) throw malformed(`more than ${MAX_NOTE_SIGNATURES} signatures`);
  return lines.map(parseSignatureLine);
}

function parseSignatureLine(line: string): NoteSignature {
  if (!line.startsWith(SIGNATURE_PREFIX)) throw malformed('a signature line must begin with an em dash');
  const parts = line.slice(SIGNATURE_PREFIX.length).split(' ');
  const [name, value] = parts;
  if (name === undefined || value === undefined || parts.length !== 2) {
    throw malformed('a signature line is: em dash, key name, base64');
  }
  assertKeyName(name);
  const bytes = decodeStrictBase64(value, `the signature of ${name}`);
  if (bytes.length <= 4) throw malformed(`the signature of ${name} is too short`);
  return { name, keyId: bytes.subarray(0, 4), signature: bytes.subarray(4) };
}

function decodeNote(bytes: Buffer): string {
  if (bytes.length > MAX_NOTE_BYTES) throw malformed(`larger than ${MAX_NOTE_BYTES} bytes`);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new HubError('LOG_NOTE_MALFORMED', 'the note is not UTF-8', { cause });
  }
}

function assertText(text: string): void {
  if (!text.endsWith('\n') || text === '\n')
    throw malformed('the text is empty or does not end with a newline');
  if (hasControlCharacter(text, '\n')) throw malformed('the text holds a control character');
}

function malformed(reason: string): HubError {
  return new HubError('LOG_NOTE_MALFORMED', `not a signed note: ${reason}`);
}
