/** The envelope of CMS, SignedData (RFC 5652 §5.1), as windows into the document: nothing is copied. */
import { createHash } from 'node:crypto';
import { HubError } from '#errors';
import { BerReader, malformed, TAG, type Element } from '../ber.ts';
import { readSignerCertificate, type ReadCertificate } from '../certificate.ts';

const OID_SIGNED_DATA = '1.2.840.113549.1.7.2';
const MAX_CERTIFICATES = 32;
const MAX_SIGNERS = 32;

export interface SignedData {
  readonly reader: BerReader;
  readonly contentType: string;
  /** What was signed, in the pieces in which it stands; null if it is somewhere else. */
  readonly content: readonly Buffer[] | null;
  readonly certificates: readonly ReadCertificate[];
  readonly signers: readonly Element[];
  /** Bytes after the envelope. */
  readonly bytesAfter: number;
}

/** True if `bytes` begin like a ContentInfo of type SignedData, whatever follows. */
export function looksLikeSignedData(bytes: Buffer): boolean {
  // SEQUENCE, a length of at most seven bytes, then the object identifier: 11 bytes.
  return bytes[0] === TAG.sequence && bytes.subarray(0, 24).includes(SIGNED_DATA_DER);
}
const SIGNED_DATA_DER = Buffer.from('06092a864886f70d010702', 'hex');

/** @throws HubError `UPLOAD_SIGNATURE_MALFORMED`, `UPLOAD_CHECK_LIMIT`, `UPLOAD_FORMAT_NOT_CHECKED` */
export function readSignedData(bytes: Buffer): SignedData {
  const reader = new BerReader(bytes);
  const outer = reader.element(0, bytes.length);
  const [type, explicit] = reader.list(outer, 2);
  if (outer.tag !== TAG.sequence || reader.oid(type) !== OID_SIGNED_DATA || explicit?.tag !== TAG.context0) {
    throw malformed('it is no SignedData');
  }
  const [signedData] = reader.list(explicit, 1);
  if (signedData?.tag !== TAG.sequence) throw malformed('it is no SignedData');
  const [version, digests, encapsulated, ...rest] = reader.list(signedData, 6);
  if (version?.tag !== TAG.integer || digests?.tag !== TAG.set || encapsulated?.tag !== TAG.sequence) {
    throw malformed('SignedData does not begin with version, digests and content');
  }
  const signers = rest.at(-1);
  if (signers?.tag !== TAG.set) throw malformed('SignedData has no signers');
  const [contentType, content] = reader.list(encapsulated, 2);
  return {
    reader,
    contentType: reader.oid(contentType),
    content: content === undefined ? null : contentOf(reader, content),
    certificates: certificatesOf(
      reader,
      rest.find(({ tag }) => tag === TAG.context0),
    ),
    signers: reader.list(signers, MAX_SIGNERS),
    bytesAfter: bytes.length - outer.end,
  };
}

function contentOf(reader: BerReader, explicit: Element): Buffer[] {
  const [octets] = reader.list(explicit, 1);
  if (explicit.tag !== TAG.context0 || octets === undefined) throw malformed('the content is broken');
  if (octets.tag !== TAG.octetString && octets.tag !== TAG.octetStringInPieces) {
    throw new HubError('UPLOAD_FORMAT_NOT_CHECKED', 'its content is no octet string (PKCS #7 before CMS)');
  }
  return reader.octets(octets);
}

/** Those that can be read; attribute certificates, and what is broken, are passed over. */
function certificatesOf(reader: BerReader, set: Element | undefined): ReadCertificate[] {
  if (set === undefined) return [];
  return reader.list(set, MAX_CERTIFICATES).flatMap((element) => {
    if (element.tag !== TAG.sequence) return [];
    try {
      return [readSignerCertificate(reader.whole(element))];
    } catch (error) {
      if (error instanceof HubError && error.code === 'CERTIFICATE_MALFORMED') return [];
      throw error;
    }
  });
}

/** Digests of one content, each computed once. */
export class ContentDigests {
  readonly #pieces: readonly Buffer[];
  readonly #known = new Map<string, Buffer>();

  constructor(pieces: readonly Buffer[]) {
    this.#pieces = pieces;
  }

  by(name: string): Buffer {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const hash = createHash(name);
    for (const piece of this.#pieces) hash.update(piece);
    const digest = hash.digest();
    this.#known.set(name, digest);
    return digest;
  }
}
