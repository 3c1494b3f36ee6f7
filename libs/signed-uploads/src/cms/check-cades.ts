/** A file that is a CMS signature: .p7m with the content in it, .p7s without. */
import type { ChainContext } from '../chain.ts';
import { bareSignature, changedAfter, findingOf, UNKNOWN_COVERAGE, WHOLE } from '../findings.ts';
import { mediaTypeOf } from '../media-type.ts';
import type { FoundSignature } from '../report.ts';
import { checkSigner } from './check-signer.ts';
import { ContentDigests, looksLikeSignedData, readSignedData, type SignedData } from './signed-data.ts';

export interface CheckedCades {
  readonly signatures: readonly FoundSignature[];
  /** What was signed, to be looked into in its turn; null if it is not here. */
  readonly content: Buffer | null;
}

/** @param depth envelopes around this one */
export function checkCades(bytes: Buffer, depth: number, context: ChainContext): CheckedCades {
  let data: SignedData;
  try {
    data = readSignedData(bytes);
  } catch (error) {
    return { signatures: [bareSignature('CAdES', depth + 1, findingOf(error))], content: null };
  }
  const digests = data.content === null ? null : new ContentDigests(data.content);
  const content = data.content === null ? null : joined(data.content);
  const description = content === null ? null : { mediaType: describedType(content), size: content.length };
  const whole = data.bytesAfter === 0 ? WHOLE : changedAfter(data.bytesAfter);
  const signatures = data.signers.map((signer): FoundSignature => {
    const { namesCertificate, signingTime, ...checked } = checkSigner(data, signer, digests, context);
    const isValid = checked.integrity.status === 'valid';
    return {
      ...checked,
      format: 'CAdES',
      level: isValid && namesCertificate && signingTime !== null ? 'B' : null,
      kind: 'signature',
      depth: depth + 1,
      signingTime: signingTime?.toISOString() ?? null,
      coverage: isValid ? whole : UNKNOWN_COVERAGE,
      content: description,
    };
  });
  return { signatures, content };
}

/** One piece stays the window that it is. */
function joined(pieces: readonly Buffer[]): Buffer {
  const [only, ...more] = pieces;
  return only !== undefined && more.length === 0 ? only : Buffer.concat(pieces);
}

function describedType(content: Buffer): string {
  return looksLikeSignedData(content) ? 'application/pkcs7-mime' : mediaTypeOf(content);
}
