/** Attacks on the bytes: encodings, and files that are no event. */
import { attack, replaced, type Made } from './case.ts';

export function fileAttacks(act: Buffer): readonly Made[] {
  return [...encodings(act), ...files(act)];
}

function encodings(act: Buffer): readonly Made[] {
  const text = act.toString();
  const refuse = (name: string, about: string, bytes: Buffer): Made =>
    attack(`encoding/${name}`, 'ENCODING_NOT_UTF8', about, bytes);
  const swap = (utf16: Buffer): Buffer => Buffer.from(utf16).swap16();
  const withBytes = (...bytes: readonly number[]): Buffer => {
    const at = act.indexOf('UF-SUAP');
    return Buffer.concat([act.subarray(0, at), Buffer.from(bytes), act.subarray(at)]);
  };
  return [
    refuse('invalid-byte', 'A byte that UTF-8 does not know.', withBytes(0xff)),
    refuse('overlong', 'A < in two bytes.', withBytes(0xc0, 0xbc)),
    refuse('surrogate', 'Half of a surrogate pair, in three bytes.', withBytes(0xed, 0xa0, 0x80)),
    refuse('beyond-unicode', 'A character beyond U+10FFFF.', withBytes(0xf4, 0x90, 0x80, 0x80)),
    refuse('cut-character', 'A character of two bytes without its second.', withBytes(0xc3)),
    refuse('latin-1', 'A letter of ISO 8859-1.', withBytes(0xe8)),
    refuse('utf-16-le', 'UTF-16, little-endian, without a mark.', Buffer.from(text, 'utf16le')),
    refuse('utf-16-be', 'UTF-16, big-endian, without a mark.', swap(Buffer.from(text, 'utf16le'))),
    refuse(
      'utf-16-le-with-mark',
      'UTF-16, little-endian, with its mark.',
      Buffer.from(`\ufeff${text}`, 'utf16le'),
    ),
    refuse(
      'utf-16-be-with-mark',
      'UTF-16, big-endian, with its mark.',
      swap(Buffer.from(`\ufeff${text}`, 'utf16le')),
    ),
    refuse('byte-order-mark', 'UTF-8 with a byte order mark.', Buffer.from(`\ufeff${text}`)),
    refuse('nul', 'NUL in a value.', withBytes(0)),
    attack(
      'encoding/control-character',
      'SIGNED_DOCUMENT_MALFORMED',
      'A control character in a value.',
      withBytes(1),
    ),
    attack(
      'encoding/nul-reference',
      'SIGNED_DOCUMENT_MALFORMED',
      'A reference to NUL in a value.',
      replaced(act, 'UF-SUAP', '&#0;UF-SUAP'),
    ),
    attack(
      'encoding/utf-7-declared',
      'PROCESSING_INSTRUCTION_FORBIDDEN',
      'UTF-7 is declared.',
      Buffer.from(`<?xml version="1.0" encoding="UTF-7"?>${text}`),
    ),
  ];
}

function files(act: Buffer): readonly Made[] {
  const refuse = (name: string, about: string, bytes: Buffer): Made =>
    attack(`file/${name}`, 'SIGNED_DOCUMENT_MALFORMED', about, bytes);
  return [
    refuse('empty', 'Nothing.', Buffer.alloc(0)),
    refuse('cut-in-content', 'The file ends in the content.', act.subarray(0, 700)),
    refuse('cut-in-signature', 'The file ends in the signature.', act.subarray(0, act.length - 400)),
    refuse('last-byte-missing', 'The last byte is missing.', act.subarray(0, act.length - 1)),
    refuse('twice', 'The event is there twice.', Buffer.concat([act, act])),
    refuse('json', 'JSON.', Buffer.from('{"event":true}')),
    refuse('binary', 'The first bytes of a PDF.', Buffer.from('%PDF-1.7\n%âãÏÓ\n')),
  ];
}
