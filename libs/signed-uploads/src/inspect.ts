/** The front of this room: what signatures does this document hold, and what is each of them worth? */
import { HubError } from '#errors';
import { checkCades } from './cms/check-cades.ts';
import { decodeSignedData } from './cms/decode.ts';
import type { ChainContext } from './chain.ts';
import { bareSignature, findingOf, notChecked } from './findings.ts';
import { mediaTypeOf } from './media-type.ts';
import { checkPdf, declaresEncryption } from './pdf/check-pdf.ts';
import type { FoundSignature, SignatureReport } from './report.ts';
import { checkXml } from './xml/check-xml.ts';

/** Larger documents are not looked into, bytes. The file and, unpacked from an envelope, its content are in memory. */
export const MAX_INSPECTED_BYTES = 128 * 1024 * 1024;
/** Envelopes in envelopes that are opened. */
const MAX_DEPTH = 5;
/** Signatures told of; real documents have fewer than ten. */
const MAX_SIGNATURES = 100;

interface Found {
  readonly mediaType: string;
  readonly encrypted: boolean;
  readonly signatures: readonly FoundSignature[];
  readonly incomplete: SignatureReport['incomplete'];
}

/**
 * Finds the signatures in a document and judges each. Nothing is thrown for what is in the document: whatever it is, it
 * becomes a finding with a code.
 */
export function inspectDocument(bytes: Buffer, context: ChainContext): SignatureReport {
  if (bytes.length > MAX_INSPECTED_BYTES) {
    const why = `the document has ${bytes.length} bytes, at most ${MAX_INSPECTED_BYTES} are looked into`;
    return uninspected(mediaTypeOf(bytes), new HubError('UPLOAD_CHECK_LIMIT', why));
  }
  const { signatures, ...found } = inspectAt(bytes, 0, context);
  if (signatures.length <= MAX_SIGNATURES) return { ...found, signatures };
  const why = `there are ${signatures.length} signatures`;
  return {
    ...found,
    signatures: signatures.slice(0, MAX_SIGNATURES),
    incomplete: { code: 'UPLOAD_CHECK_LIMIT', why },
  };
}

/** The report on a document that could not be looked into. */
export function uninspected(mediaType: string, { code, message }: HubError): SignatureReport {
  return { mediaType, encrypted: false, incomplete: { code, why: message }, signatures: [] };
}

function inspectAt(bytes: Buffer, depth: number, context: ChainContext): Found {
  const envelope = tried(() => decodeSignedData(bytes));
  if (envelope instanceof HubError) {
    return plain('application/pkcs7-mime', [bareSignature('CAdES', depth + 1, findingOf(envelope))]);
  }
  if (envelope !== undefined) return inspectEnvelope(envelope, depth, context);
  const mediaType = mediaTypeOf(bytes);
  if (mediaType === 'application/pdf') {
    const signatures = checkPdf(bytes, depth, context);
    return { ...plain(mediaType, signatures), encrypted: declaresEncryption(bytes) };
  }
  if (mediaType === 'application/xml') return plain(mediaType, checkXml(bytes, depth, context));
  if (isAsic(bytes)) return plain(mediaType, [bareSignature('ASiC', depth, NO_ASIC)]);
  return plain(mediaType, []);
}

function inspectEnvelope(envelope: Buffer, depth: number, context: ChainContext): Found {
  const { signatures, content } = checkCades(envelope, depth, context);
  const outer = plain('application/pkcs7-mime', signatures);
  if (content === null) return outer;
  if (depth + 1 > MAX_DEPTH) {
    const why = `envelopes deeper than ${MAX_DEPTH} are not opened`;
    return { ...outer, incomplete: { code: 'UPLOAD_CHECK_LIMIT', why } };
  }
  const inner = inspectAt(content, depth + 1, context);
  const { encrypted, incomplete } = inner;
  return { ...outer, encrypted, incomplete, signatures: [...signatures, ...inner.signatures] };
}

function plain(mediaType: string, signatures: readonly FoundSignature[]): Found {
  return { mediaType, encrypted: false, signatures, incomplete: null };
}

function tried<T>(work: () => T): T | HubError {
  try {
    return work();
  } catch (error) {
    if (error instanceof HubError) return error;
    throw error;
  }
}

const NO_ASIC = notChecked('UPLOAD_FORMAT_NOT_CHECKED', 'ASiC containers are recognised and not checked');

/** ETSI EN 319 162-1 Annex A: the first entry of the ZIP, stored, is `mimetype`. */
function isAsic(bytes: Buffer): boolean {
  return bytes.subarray(0, 200).includes('mimetypeapplication/vnd.etsi.asic-');
}
