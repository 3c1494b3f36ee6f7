/** The signatures of a PDF: PAdES (ETSI EN 319 142-1), and the older detached PKCS #7 of ISO 32000-1. */
import { HubError } from '#errors';
import { malformed, type Element } from '../ber.ts';
import type { ChainContext } from '../chain.ts';
import { checkSigner, readTime } from '../cms/check-signer.ts';
import { digestByOid } from '../cms/algorithms.ts';
import { ContentDigests, readSignedData, type SignedData } from '../cms/signed-data.ts';
import { bareSignature, changedAfter, findingOf, UNKNOWN_COVERAGE, VALID, WHOLE } from '../findings.ts';
import type { Coverage, FoundSignature } from '../report.ts';
import { findPdfSignatures, type FoundDictionary, type PdfSignature } from './find-signatures.ts';

/** Signatures over the file's bytes without the signature itself. */
const DETACHED: ReadonlySet<string> = new Set(['ETSI.CAdES.detached', 'adbe.pkcs7.detached']);
const TIMESTAMP = 'ETSI.RFC3161';
const TST_INFO = '1.2.840.113549.1.9.16.1.4';
/** Bytes digested for one file: a file of 50 MB may have 20 signatures. */
const MAX_DIGESTED_BYTES = 1024 * 1024 * 1024;

/** True if a trailer, or what looks like one, names an encryption dictionary (ISO 32000-2 §7.6.1). */
export function declaresEncryption(bytes: Buffer): boolean {
  for (let at = bytes.indexOf('/Encrypt'); at >= 0; at = bytes.indexOf('/Encrypt', at + 1)) {
    if (/^\/Encrypt(?:\s+\d+\s+\d+\s+R|\s*<<)/.test(bytes.toString('latin1', at, at + 40))) return true;
  }
  return false;
}

/** @param depth envelopes around the PDF */
export function checkPdf(bytes: Buffer, depth: number, context: ChainContext): FoundSignature[] {
  let digested = 0;
  const checked = findPdfSignatures(bytes).map((found) => {
    digested += 'signature' in found ? found.signature.end : 0;
    if (digested <= MAX_DIGESTED_BYTES) return checkFound(bytes, found, depth, context);
    const error = new HubError(
      'UPLOAD_CHECK_LIMIT',
      'there are more signatures than are checked in so large a file',
    );
    return { signature: bareSignature('PAdES', depth, findingOf(error)), end: 0 };
  });
  const isTakenUp = checked.some(({ signature, end }) => isValid(signature) && end === bytes.length);
  return checked.map(({ signature, end }) => ({
    ...signature,
    coverage: isValid(signature) ? coverageOf(bytes.length - end, isTakenUp) : UNKNOWN_COVERAGE,
  }));
}

function isValid({ integrity }: FoundSignature): boolean {
  return integrity.status === 'valid';
}

/** What follows a signature was either signed by a later one, up to the last byte, or by nobody. */
function coverageOf(bytesAfter: number, isTakenUp: boolean): Coverage {
  if (bytesAfter === 0) return WHOLE;
  if (!isTakenUp) return changedAfter(bytesAfter);
  return {
    status: 'earlier-revision',
    code: null,
    why: 'a later signature covers what was added',
    bytesAfter,
  };
}

interface Checked {
  readonly signature: FoundSignature;
  /** Where what it covers ends. */
  readonly end: number;
}

function checkFound(bytes: Buffer, found: FoundDictionary, depth: number, context: ChainContext): Checked {
  if ('error' in found) return { signature: bareSignature('PAdES', depth, findingOf(found.error)), end: 0 };
  const { signature } = found;
  try {
    return { signature: checkSignature(bytes, signature, depth, context), end: signature.end };
  } catch (error) {
    const kind = signature.subFilter === TIMESTAMP ? 'timestamp' : 'signature';
    const bare = bareSignature('PAdES', depth, findingOf(error));
    return {
      signature: { ...bare, kind, signingTime: signature.time?.toISOString() ?? null },
      end: signature.end,
    };
  }
}

function checkSignature(
  bytes: Buffer,
  signature: PdfSignature,
  depth: number,
  context: ChainContext,
): FoundSignature {
  const { subFilter, gap, end } = signature;
  if (subFilter === 'adbe.pkcs7.sha1') {
    throw new HubError('UPLOAD_ALGORITHM_WEAK', 'adbe.pkcs7.sha1 signs a SHA-1 digest');
  }
  if (subFilter !== TIMESTAMP && !DETACHED.has(subFilter)) {
    throw new HubError('UPLOAD_FORMAT_NOT_CHECKED', 'its SubFilter is not one that is checked here');
  }
  const covered = new ContentDigests([bytes.subarray(0, gap.start), bytes.subarray(gap.end, end)]);
  const data = readSignedData(signature.contents);
  const [signer, ...more] = data.signers;
  if (signer === undefined || more.length > 0) throw malformed('a PDF signature has one signer');
  checkFill(signature.contents, data);
  const common = { format: 'PAdES', depth, coverage: UNKNOWN_COVERAGE, content: null } as const;
  if (subFilter === TIMESTAMP) return { ...common, ...checkTimestamp(data, signer, covered, context) };
  return { ...common, ...checkDetached(signature, data, signer, covered, context) };
}

/** The place of a signature is filled up with zeros. Other bytes there would be signed by nobody. */
function checkFill(contents: Buffer, { bytesAfter }: SignedData): void {
  const fill = contents.subarray(contents.length - bytesAfter);
  if (fill.some((byte) => byte !== 0)) throw malformed('bytes follow the signature in its place');
}

type Judged = Omit<FoundSignature, 'format' | 'depth' | 'coverage' | 'content'>;

function checkDetached(
  { subFilter, time }: PdfSignature,
  data: SignedData,
  signer: Element,
  covered: ContentDigests,
  context: ChainContext,
): Judged {
  if (data.content !== null) throw malformed('it carries a content of its own beside the PDF');
  // PAdES has the claimed time in the dictionary, which is signed too; older signatures among their attributes.
  const { namesCertificate, signingTime, ...checked } = checkSigner(data, signer, covered, context, time);
  const baseline =
    subFilter === 'ETSI.CAdES.detached' &&
    namesCertificate &&
    time !== null &&
    checked.integrity.status === 'valid';
  return {
    ...checked,
    kind: 'signature',
    level: baseline ? 'B' : null,
    signingTime: (signingTime ?? time)?.toISOString() ?? null,
  };
}

/** RFC 3161 §2.4.2: TSTInfo is version, policy, messageImprint, serialNumber, genTime, … */
function checkTimestamp(
  data: SignedData,
  signer: Element,
  covered: ContentDigests,
  context: ChainContext,
): Judged {
  const { reader, content, contentType } = data;
  const [piece, ...more] = content ?? [];
  if (contentType !== TST_INFO || piece === undefined || more.length > 0)
    throw malformed('it is no timestamp');
  const start = piece.byteOffset - reader.bytes.byteOffset;
  const [, , imprint, , time] = reader.list(reader.element(start, start + piece.length), 10);
  const [algorithm, digest] = imprint === undefined ? [] : reader.list(imprint, 2);
  if (algorithm === undefined || digest === undefined || time === undefined)
    throw malformed('it is no timestamp');
  const claimed = readTime(reader, time);
  const stamp = checkSigner(data, signer, new ContentDigests([piece]), context, claimed);
  return {
    kind: 'timestamp',
    level: null,
    signer: stamp.signer,
    certificate: stamp.certificate,
    signingTime: claimed?.toISOString() ?? null,
    integrity:
      stamp.integrity.status === 'valid'
        ? imprintFinding(
            digestByOid(reader.oid(reader.list(algorithm, 2)[0])),
            reader.octets(digest),
            covered,
          )
        : stamp.integrity,
    chain: stamp.chain,
    notLookedInto: stamp.notLookedInto,
  };
}

function imprintFinding(
  name: string,
  imprint: readonly Buffer[],
  covered: ContentDigests,
): FoundSignature['integrity'] {
  if (covered.by(name).equals(Buffer.concat(imprint))) return VALID;
  return findingOf(new HubError('REFERENCE_DIGEST_MISMATCH', 'the timestamp is of other bytes'));
}
