import { HubError } from '#errors';
import { sha256Base64 } from './digest.ts';
import { DSIG_NAMESPACE, isMediaType, SIGNATURE, SIGNED_INFO, SIGNED_PROPERTIES } from './profile.ts';
import type { Signer } from './signer.ts';

export interface SignOptions {
  /** Media type of what is signed; `application/xml` when absent. */
  readonly mimeType?: string;
}

/**
 * Signs a document: XAdES baseline B, enveloped, by `contracts/signature-profile.md`. The signature goes before the
 * root's end tag; no other byte changes.
 *
 * @param unsigned The document in exclusive canonical form, UTF-8, as the serializers of `#contracts` write it.
 * @param at SigningTime.
 * @throws HubError `UNSIGNED_DOCUMENT_UNSUITABLE`, `SIGNING_KEY_UNUSABLE` if the profile has no algorithm for the signer's
 *   key, `SIGNATURE_ENCODING` if the signer gives no value of that algorithm
 */
export async function signXml(
  unsigned: Buffer,
  signer: Signer,
  at: Date,
  options: SignOptions = {},
): Promise<Buffer> {
  const mimeType = options.mimeType ?? 'application/xml';
  if (!isMediaType(mimeType)) throw unsuitable(`${JSON.stringify(mimeType)} is not a plain media type`);
  const insertAt = endTagOffset(unsigned);
  const { certificate } = signer;
  const { algorithm, encoded, publicKey } = certificate;
  if (algorithm === undefined) {
    throw new HubError('SIGNING_KEY_UNUSABLE', 'the profile has no algorithm for the signer’s key');
  }
  const properties = {
    signingTime: at.toISOString(),
    certificateDigest: encoded.digest,
    mimeType,
  };
  const signedInfo = {
    algorithm: algorithm.uri,
    contentDigest: sha256Base64(unsigned),
    propertiesDigest: sha256Base64(SIGNED_PROPERTIES.fill(properties)),
  };
  const value = await signer.sign(Buffer.from(SIGNED_INFO.fill(signedInfo)));
  const signature = SIGNATURE.fill({
    ...properties,
    ...signedInfo,
    signatureValue: algorithm.normalize(value, publicKey).toString('base64'),
    certificate: encoded.der,
  });
  return Buffer.concat([unsigned.subarray(0, insertAt), Buffer.from(signature), unsigned.subarray(insertAt)]);
}

/** Where the root's end tag begins. The full canonical-form check is the verifier's; this catches plain mistakes. */
function endTagOffset(unsigned: Buffer): number {
  const offset = unsigned.lastIndexOf('</');
  const endTag = offset < 0 ? '' : unsigned.subarray(offset).toString();
  const name = /^<\/([^\s<>]+)>$/.exec(endTag)?.[1];
  const start = unsigned.subarray(0, Buffer.byteLength(name ?? '') + 2).toString();
  if (name === undefined || (start !== `<${name} ` && start !== `<${name}>`)) {
    throw unsuitable('a canonical document begins with its root’s start tag and ends with its end tag');
  }
  if (unsigned.includes('<!') || unsigned.includes('<?')) {
    throw unsuitable('a canonical document holds no declaration, comment, CDATA or processing instruction');
  }
  if (unsigned.includes(`xmlns:ds="${DSIG_NAMESPACE}"`))
    throw unsuitable('the document already holds a signature');
  return offset;
}

function unsuitable(reason: string): HubError {
  return new HubError('UNSIGNED_DOCUMENT_UNSUITABLE', reason);
}
