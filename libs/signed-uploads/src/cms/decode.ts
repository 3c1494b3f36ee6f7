/** The forms in which a CMS file comes: DER or BER, and the same in base64, with or without PEM's lines around it. */
import { malformed } from '../ber.ts';
import { looksLikeSignedData } from './signed-data.ts';

const PEM_START = /^\s*-----BEGIN (?:PKCS7|CMS|PKCS #7 SIGNED DATA|SIGNED MESSAGE)-----\s*/;
const PEM_END = /\s*-----END [A-Z0-9# ]+-----\s*$/;
const BASE64_HEAD = /^[A-Za-z0-9+/=\s]+$/;
/** Bytes looked at to tell whether a file is one. */
const HEAD_BYTES = 128;

/** The signature in binary; undefined if `bytes` are no such file. @throws HubError `UPLOAD_SIGNATURE_MALFORMED` */
export function decodeSignedData(bytes: Buffer): Buffer | undefined {
  if (looksLikeSignedData(bytes)) return bytes;
  const head = bytes.subarray(0, HEAD_BYTES).toString('latin1');
  const lines = PEM_START.exec(head)?.[0];
  if (lines === undefined && !beginsInBase64(head)) return undefined;
  const body = bytes.subarray(lines?.length ?? 0);
  const end =
    lines === undefined ? '' : (PEM_END.exec(bytes.subarray(-HEAD_BYTES).toString('latin1'))?.[0] ?? '');
  const text = body.subarray(0, body.length - end.length);
  checkAlphabet(text);
  const decoded = Buffer.from(text.toString('latin1'), 'base64');
  if (!looksLikeSignedData(decoded)) throw malformed('what is in base64 is no SignedData');
  return decoded;
}

function beginsInBase64(head: string): boolean {
  return (
    BASE64_HEAD.test(head) && looksLikeSignedData(Buffer.from(head.replace(/\s/g, '').slice(0, 64), 'base64'))
  );
}

/** Node skips what is not base64, so that other bytes could hide in it. */
function checkAlphabet(text: Buffer): void {
  for (const byte of text) {
    const letter = (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a;
    const sign = byte >= 0x2f && byte <= 0x39; // "/" and the digits
    if (
      !letter &&
      !sign &&
      byte !== 0x2b &&
      byte !== 0x3d &&
      byte !== 0x0a &&
      byte !== 0x0d &&
      byte !== 0x20 &&
      byte !== 0x09
    )
      throw malformed('there are other characters in the base64');
  }
}
