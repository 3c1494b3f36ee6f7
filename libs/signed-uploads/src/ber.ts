/**
 * A reader of BER (ITU-T X.690) for bytes from strangers. It copies nothing and builds no tree: certificate lists in a
 * signature have 100,000 elements, and a signed file of 100 MB may come in as many pieces of 1,000 bytes. Indefinite
 * lengths and octet strings in pieces are real: programs that sign while they stream write them.
 */
import { HubError } from '#errors';

/** Elements nested deeper are refused. A signature needs about 12. */
const MAX_DEPTH = 40;
/** Elements read of one document, those of indefinite length once for each level around them. */
const MAX_ELEMENTS = 2_000_000;
/** Pieces of one octet string: 128 MiB in the usual pieces of 1,000 bytes are 134,218. */
const MAX_PIECES = 200_000;

export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  sequence: 0x30,
  set: 0x31,
  octetStringInPieces: 0x24,
  context0: 0xa0,
  context1: 0xa1,
  context2: 0xa2,
} as const;

/** One element, as a window into the document. */
export interface Element {
  readonly tag: number;
  readonly start: number;
  /** After its last byte. */
  readonly end: number;
  readonly bodyStart: number;
  /** Before its end marker, if its length was indefinite. */
  readonly bodyEnd: number;
  readonly definite: boolean;
}

/** @throws HubError `UPLOAD_SIGNATURE_MALFORMED`, `UPLOAD_CHECK_LIMIT`, from every method */
export class BerReader {
  readonly bytes: Buffer;
  #left = MAX_ELEMENTS;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  /** The element at `at`, which has to end before `limit`. */
  element(at: number, limit: number, depth = 0): Element {
    if (--this.#left < 0) throw new HubError('UPLOAD_CHECK_LIMIT', 'it has too many elements');
    if (depth > MAX_DEPTH) throw new HubError('UPLOAD_CHECK_LIMIT', 'its elements are nested too deeply');
    const tag = this.bytes[at];
    const first = this.bytes[at + 1];
    if (tag === undefined || first === undefined || at + 2 > limit) throw malformed('it is cut off');
    if ((tag & 0x1f) === 0x1f) throw malformed('a tag has more than one byte');
    if (first === 0x80) return this.#indefinite(tag, at, limit, depth);
    const octets = first < 0x80 ? 0 : first & 0x7f;
    if (octets > 6) throw malformed('a length has too many bytes');
    const bodyStart = at + 2 + octets;
    if (bodyStart > limit) throw malformed('it is cut off');
    const length = octets === 0 ? first : this.bytes.readUIntBE(at + 2, octets);
    const end = bodyStart + length;
    if (end > limit) throw malformed('a length reaches beyond the end');
    return { tag, start: at, end, bodyStart, bodyEnd: end, definite: true };
  }

  /** What is in an element, in order. */
  *children(parent: Element): Generator<Element, void, undefined> {
    if ((parent.tag & 0x20) === 0) throw malformed('an element has no parts where it must have some');
    for (let at = parent.bodyStart; at < parent.bodyEnd;) {
      const child = this.element(at, parent.bodyEnd);
      yield child;
      at = child.end;
    }
  }

  /** All of them, no more than `most`. */
  list(parent: Element, most: number): Element[] {
    const found: Element[] = [];
    for (const child of this.children(parent)) {
      if (found.length === most)
        throw new HubError('UPLOAD_CHECK_LIMIT', `there are more than ${most} parts`);
      found.push(child);
    }
    return found;
  }

  body({ bodyStart, bodyEnd }: Element): Buffer {
    return this.bytes.subarray(bodyStart, bodyEnd);
  }

  whole({ start, end }: Element): Buffer {
    return this.bytes.subarray(start, end);
  }

  oid(element: Element | undefined): string {
    if (element?.tag !== TAG.oid) throw malformed('an object identifier is missing');
    return readOid(this.body(element));
  }

  /** The bytes of an octet string, in the pieces in which they stand. */
  octets(element: Element, depth = 0): Buffer[] {
    if (element.tag === TAG.octetString) return [this.body(element)];
    if (element.tag !== TAG.octetStringInPieces) throw malformed('an octet string is missing');
    if (depth > MAX_DEPTH) throw new HubError('UPLOAD_CHECK_LIMIT', 'its elements are nested too deeply');
    const pieces: Buffer[] = [];
    for (const child of this.children(element)) {
      for (const piece of this.octets(child, depth + 1)) pieces.push(piece);
      if (pieces.length > MAX_PIECES) throw new HubError('UPLOAD_CHECK_LIMIT', 'it is in too many pieces');
    }
    return pieces;
  }

  /** X.690 §8.1.3.6: it ends where, at its own level, two zero bytes stand for an element. */
  #indefinite(tag: number, at: number, limit: number, depth: number): Element {
    if ((tag & 0x20) === 0) throw malformed('a primitive element has no length');
    for (let next = at + 2; ;) {
      if (next + 2 > limit) throw malformed('an element has no end');
      if (this.bytes[next] === 0 && this.bytes[next + 1] === 0) {
        return { tag, start: at, end: next + 2, bodyStart: at + 2, bodyEnd: next, definite: false };
      }
      next = this.element(next, limit, depth + 1).end;
    }
  }
}

export function malformed(why: string, cause?: unknown): HubError {
  return new HubError('UPLOAD_SIGNATURE_MALFORMED', why, cause === undefined ? {} : { cause });
}

/** Longest object identifier, bytes. */
const MAX_OID_BYTES = 64;

/** X.690 §8.19, as far as its arcs are safe integers. */
function readOid(body: Buffer): string {
  if (body.length === 0 || body.length > MAX_OID_BYTES || ((body.at(-1) ?? 0) & 0x80) !== 0) {
    throw malformed('an object identifier is broken');
  }
  const arcs: number[] = [];
  let value = 0;
  for (const byte of body) {
    value = value * 128 + (byte & 0x7f);
    if (value > Number.MAX_SAFE_INTEGER) throw malformed('an object identifier is too large');
    if ((byte & 0x80) === 0) {
      arcs.push(value);
      value = 0;
    }
  }
  const [first = 0, ...rest] = arcs;
  const root = Math.min(2, Math.floor(first / 40));
  return [root, first - root * 40, ...rest].join('.');
}
