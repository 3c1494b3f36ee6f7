/** Taking a signed document apart: what was signed, and the signature's values. */
import type { XmlDocument } from 'libxml2-wasm';
import { PlainXml } from '#contracts';
import { HubError } from '#errors';
import { checkOneSignature, parseCanonical } from './canonical.ts';
import {
  DSIG_NAMESPACE,
  SIGNATURE,
  SIGNATURE_START,
  XADES_NAMESPACE,
  type SignatureValues,
} from './profile.ts';

export interface CutDocument {
  /** The bytes without the signature: what the first reference digests. */
  readonly content: Buffer;
  /** The signature's values, not yet checked. */
  readonly values: SignatureValues;
  /** The document or its content, read and found canonical; the caller disposes of it. */
  readonly parsed: XmlDocument | PlainXml;
}

/** What the content must not hold for `cutByProfile`: then no signature, prefix or id of ours can be in it. */
const ONLY_IN_SIGNATURE = [DSIG_NAMESPACE, XADES_NAMESPACE, '="signature'].map((text) => Buffer.from(text));

/**
 * The quick way, by which every good document of ours goes: the signature is compared with the profile byte for byte,
 * and only what is left is read, or parsed and canonicalized where it is not plain. It decides exactly as `cutParsed` does, because
 *
 * - content that is its own canonical form ends with the root's end tag, the last `</` there is, and the signature, a
 *   balanced element, stands right before it: it is the root's last child;
 * - a namespace is declared, and an attribute written, in one way only in canonical form, so content without these bytes
 *   holds no other signature, none of its ids, and no declaration that would change how the signature is rendered;
 * - the signature is in canonical form wherever its namespaces are declared on itself, once its values are those that
 *   `checkIntegrity` lets pass.
 *
 * @param bytes UTF-8 that passed `checkBytes`.
 * @returns undefined for whatever is not so plain: `cutParsed` has the answer then
 * @throws HubError of `parseCanonical`
 */
export function cutByProfile(bytes: Buffer): CutDocument | undefined {
  const cut = cutOut(bytes);
  if (cut === undefined || ONLY_IN_SIGNATURE.some((text) => cut.content.includes(text))) return undefined;
  return { ...cut, parsed: PlainXml.of(cut.content) ?? parseCanonical(cut.content) };
}

/**
 * The slow way: the whole document is parsed and canonicalized. Finds out what is wrong with a document that has not the
 * profile's shape, and lets pass what only looks suspicious.
 *
 * @param bytes UTF-8 that passed `checkBytes`.
 * @throws HubError of `parseCanonical` and `checkOneSignature`, `SIGNATURE_SHAPE`
 */
export function cutParsed(bytes: Buffer): CutDocument {
  const parsed = parseCanonical(bytes);
  try {
    checkOneSignature(parsed);
    const cut = cutOut(bytes);
    if (cut === undefined) {
      throw new HubError('SIGNATURE_SHAPE', 'the signature is not built as the profile prescribes');
    }
    return { ...cut, parsed };
  } catch (error) {
    parsed.dispose();
    throw error;
  }
}

/**
 * Cuts out what begins at the last `<ds:Signature ` and ends at the last `</`, if it is the profile's template from
 * first to last character, which is a balanced element: it cannot begin earlier.
 */
function cutOut(bytes: Buffer): Omit<CutDocument, 'parsed'> | undefined {
  const start = bytes.lastIndexOf(SIGNATURE_START);
  const end = bytes.lastIndexOf('</');
  // The template is ASCII; other characters end up in values that no check lets pass.
  const values = start < 0 ? undefined : SIGNATURE.match(bytes.toString('latin1', start, end));
  if (values === undefined) return undefined;
  return { content: Buffer.concat([bytes.subarray(0, start), bytes.subarray(end)]), values };
}
