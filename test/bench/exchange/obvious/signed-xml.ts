/** Signing, verifying and reading as the libraries' documentation shows. */
import { createHash, createPrivateKey, X509Certificate } from 'node:crypto';
import { parseStringPromise } from 'xml2js';
import { signWithXmlCrypto, verifyWithXmlCrypto, type XmlCryptoSigner } from '../../evidence/xml-crypto.ts';
import type { ObviousPlace } from './place.ts';

/** An element as xml2js gives it. */
export interface XmlElement {
  readonly $: Readonly<Record<string, string>>;
  readonly [child: string]: readonly XmlElement[] | Readonly<Record<string, string>> | string | undefined;
}

export function signerOf({ key, certificate }: ObviousPlace): XmlCryptoSigner {
  const { raw } = new X509Certificate(certificate);
  return {
    key: createPrivateKey(key),
    certificatePem: certificate,
    certificateDigest: createHash('sha256').update(raw).digest('base64'),
  };
}

export function sign(xml: string, signer: XmlCryptoSigner): string {
  return signWithXmlCrypto(Buffer.from(xml), new Date(), signer);
}

/** Verifies, looks up whose certificate it is, and parses. */
export async function readSigned(
  xml: string,
  { holders }: ObviousPlace,
): Promise<{ readonly root: XmlElement; readonly holder: string }> {
  if (!verifyWithXmlCrypto(Buffer.from(xml))) throw new Error('the signature does not verify');
  const document = (await parseStringPromise(xml)) as Readonly<Record<string, XmlElement>>;
  const [root] = Object.values(document);
  if (root === undefined) throw new Error('an empty document');
  const signature = child(root, 'ds:Signature');
  const data = child(child(signature, 'ds:KeyInfo'), 'ds:X509Data');
  const [certificate] = data['ds:X509Certificate'] as unknown as readonly string[];
  const der = Buffer.from(certificate ?? '', 'base64');
  const holder = holders[createHash('sha256').update(der).digest('base64')];
  if (holder === undefined) throw new Error('a certificate of nobody');
  return { root, holder };
}

export function child(element: XmlElement, name: string): XmlElement {
  const found = element[name];
  const first: unknown = Array.isArray(found) ? found[0] : undefined;
  if (first === undefined) throw new Error(`no ${name}`);
  return first as XmlElement;
}

export function digestOf(xml: string): string {
  return createHash('sha256').update(xml).digest('hex');
}
