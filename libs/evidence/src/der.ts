/** The little of DER (X.690 §8.1, §10.1) that is read by hand: elements one after another, definite lengths only. */
import { HubError } from '#errors';

/** Lengths of four bytes are more than any input allowed here. */
const MAX_LENGTH_BYTES = 4;

/** The elements inside a constructed element, each with its tag and length. @throws HubError `CRL_MALFORMED` */
export function elementsOf(element: Buffer): Buffer[] {
  const { start, end } = contentOf(element);
  const found: Buffer[] = [];
  for (let at = start; at < end;) {
    const next = contentOf(element.subarray(at, end));
    found.push(element.subarray(at, at + next.end));
    at += next.end;
  }
  return found;
}

/** The element, if nothing follows it. @throws HubError `CRL_MALFORMED` */
export function onlyElement(bytes: Buffer): Buffer {
  if (contentOf(bytes).end === bytes.length) return bytes;
  throw malformed('bytes follow the element');
}

export function tagOf(element: Buffer): number {
  return element[0] ?? 0;
}

function contentOf(bytes: Buffer): { readonly start: number; readonly end: number } {
  const first = bytes[1];
  if (first === undefined) throw malformed('an element is cut off');
  const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
  if (first === 0x80 || lengthBytes > MAX_LENGTH_BYTES || bytes.length < 2 + lengthBytes)
    throw malformed('a length is not definite, or too long');
  const start = 2 + lengthBytes;
  const end = start + (lengthBytes === 0 ? first : bytes.readUIntBE(2, lengthBytes));
  if (end > bytes.length) throw malformed('an element is cut off');
  return { start, end };
}

function malformed(reason: string): HubError {
  return new HubError('CRL_MALFORMED', reason);
}
