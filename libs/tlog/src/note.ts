/** C2SP signed-note (c2sp.org/signed-note), Ed25519 signatures only. */
import { HubError } from '#errors';
import { assertKeyName, type NoteSigner, type NoteVerifier } from './note-key.ts';
import { decodeStrictBase64 } from './strict-base64.ts';

/** A note larger than this is refused before anything is read. Bytes. */
export const MAX_NOTE_BYTES = 64 * 1024;
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

/** Which keys signed a note, as names. Never empty. */
export interface VerifiedNote extends ParsedNote {
  readonly signedBy: readonly string[];
}

/**
 * Signs `text`, which ends with a newline, with each of `signers` in order.
 * @throws HubError `LOG_NOTE_MALFORMED` if the text cannot be a note.
 */
export function signNote(text: string, signers: readonly NoteSigner[]): Buffer {
  assertText(text);
  const message = Buffer.from(text, 'utf8');
  const lines = signers.map((signer) => {
    const value = Buffer.concat([signer.verifier.keyId, signer.sign(message)]).toString('base64');
    return `${SIGNATURE_PREFIX}${signer.verifier.name} ${value}\n`;
  });
  if (lines.length === 0) throw malformed('a note needs a signature');
  return Buffer.from(`${text}\n${lines.join('')}`, 'utf8');
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
  const tail = note.slice(end + 2);
  if (!tail.endsWith('\n')) throw malformed('the last line does not end');
  const lines = tail.slice(0, -1).split('\n');
  if (lines.length > MAX_NOTE_SIGNATURES) throw malformed(`more than ${MAX_NOTE_SIGNATURES} signatures`);
  return { text, signatures: lines.map(parseSignatureLine) };
}

/**
 * Checks a note against known keys. Signatures by others are ignored, as the specification asks; one by a known key
 * that does not verify refuses the whole note, and so does the absence of any known key.
 * @throws HubError `LOG_NOTE_MALFORMED`, `BASE64_NOT_STRICT`, `LOG_SIGNATURE_INVALID`, `LOG_KEY_UNKNOWN`
 */
export function verifyNote(bytes: Buffer, verifiers: readonly NoteVerifier[]): VerifiedNote {
  const note = parseNote(bytes);
  const message = Buffer.from(note.text, 'utf8');
  const signedBy = new Set<string>();
  for (const { name, keyId, signature } of note.signatures) {
    const known = verifiers.find((candidate) => candidate.name === name && candidate.keyId.equals(keyId));
    if (known === undefined) continue;
    if (!known.verify(message, signature)) {
      throw new HubError('LOG_SIGNATURE_INVALID', `the signature of ${name} does not verify`);
    }
    signedBy.add(name);
  }
  if (signedBy.size === 0) throw new HubError('LOG_KEY_UNKNOWN', 'no known key has signed the note');
  return { ...note, signedBy: [...signedBy] };
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
  for (const char of text) {
    if (char < ' ' && char !== '\n') throw malformed('the text holds a control character');
  }
}

function malformed(reason: string): HubError {
  return new HubError('LOG_NOTE_MALFORMED', `not a signed note: ${reason}`);
}
