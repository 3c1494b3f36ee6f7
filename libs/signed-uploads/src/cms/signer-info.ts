/** One signer of a SignedData (RFC 5652 §5.3), read but not judged. */
import { malformed, TAG, type BerReader, type Element } from '../ber.ts';
import type { ReadCertificate } from '../certificate.ts';

export interface SignerInfo {
  readonly digestOid: string;
  /** AlgorithmIdentifier of the signature. */
  readonly algorithm: Element;
  readonly signature: Buffer;
  /** Null if there are none. */
  readonly signed: SignedAttributes | null;
  readonly unsigned: readonly string[];
  readonly isOf: (certificate: ReadCertificate) => boolean;
}

export interface SignedAttributes {
  /** What the signature is over: the attributes as the SET OF that they are, not as the [0] that carries them. */
  readonly toVerify: Buffer;
  /** The one value of each attribute. */
  readonly values: ReadonlyMap<string, Element>;
}

const MAX_ATTRIBUTES = 64;

/** @throws HubError `UPLOAD_SIGNATURE_MALFORMED`, `UPLOAD_CHECK_LIMIT` */
export function readSignerInfo(reader: BerReader, element: Element): SignerInfo {
  const [version, sid, digest, ...rest] = reader.list(element, 7);
  if (version?.tag !== TAG.integer || sid === undefined || digest?.tag !== TAG.sequence) {
    throw malformed('a signer does not begin with version, identifier and digest');
  }
  const attributes = rest[0]?.tag === TAG.context0 ? rest.shift() : undefined;
  const [algorithm, signature, unsigned] = rest;
  if (algorithm?.tag !== TAG.sequence || signature === undefined)
    throw malformed('a signer has no signature');
  return {
    digestOid: reader.oid(reader.list(digest, 2)[0]),
    algorithm,
    signature: Buffer.concat(reader.octets(signature)),
    signed: attributes === undefined ? null : readSigned(reader, attributes),
    unsigned: unsigned?.tag === TAG.context1 ? unsignedTypes(reader, unsigned) : [],
    isOf: identifierOf(reader, sid),
  };
}

/** RFC 5652 §5.4: verified in DER with the tag of a SET. Each type may come once, with one value. */
function readSigned(reader: BerReader, element: Element): SignedAttributes {
  if (!element.definite) throw malformed('the signed attributes are not in DER');
  const toVerify = Buffer.from(reader.whole(element));
  toVerify[0] = TAG.set;
  const values = new Map<string, Element>();
  for (const attribute of reader.list(element, MAX_ATTRIBUTES)) {
    const [type, set] = reader.list(attribute, 2);
    const oid = reader.oid(type);
    const [value, ...more] = set === undefined ? [] : reader.list(set, 2);
    if (set?.tag !== TAG.set || value === undefined || more.length > 0 || values.has(oid)) {
      throw malformed('a signed attribute is not there once with one value');
    }
    values.set(oid, value);
  }
  return { toVerify, values };
}

function unsignedTypes(reader: BerReader, element: Element): string[] {
  return reader.list(element, MAX_ATTRIBUTES).map((attribute) => {
    const [type] = reader.children(attribute);
    return reader.oid(type);
  });
}

/** issuerAndSerialNumber, or [0] subjectKeyIdentifier. */
function identifierOf(reader: BerReader, sid: Element): SignerInfo['isOf'] {
  if (sid.tag === TAG.sequence) {
    const [issuer, serial] = reader.list(sid, 2);
    if (issuer === undefined || serial?.tag !== TAG.integer) throw malformed('a signer names no certificate');
    const [issuerDer, serialBytes] = [reader.whole(issuer), reader.body(serial)];
    return (certificate) =>
      certificate.serialBytes.equals(serialBytes) && certificate.issuerDer.equals(issuerDer);
  }
  if (sid.tag !== SUBJECT_KEY_ID_TAG) throw malformed('a signer names no certificate');
  const id = reader.body(sid);
  return ({ subjectKeyId }) => subjectKeyId?.equals(id) === true;
}
const SUBJECT_KEY_ID_TAG = 0x80;
