import { createHash, verify, type KeyLike } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { SignedXml } from 'xml-crypto';
import { anEvent, NOW, replaced, TestAuthority, type Identity } from '../test-support.ts';
import { signEvent } from '../src/index.ts';
import { ENVELOPED_SIGNATURE, EXCLUSIVE_C14N, SHA256_DIGEST } from '../src/profile.ts';

let authority: TestAuthority;
let comune: Identity;
let event: Buffer;

beforeAll(async () => {
  authority = await TestAuthority.create();
  comune = await authority.issue('c_d150');
  event = await signEvent(anEvent(), comune.signer, NOW);
});

const ECDSA_SHA256 = 'http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256';

/** ECDSA P-256 with values as XML Signature writes them: r ‖ s. */
class EcdsaSha256 {
  getAlgorithmName = (): string => ECDSA_SHA256;
  getSignature = (): string => {
    throw new Error('this is for verifying only');
  };
  verifySignature = (material: string, key: KeyLike, value: string): boolean =>
    verify(
      'sha256',
      Buffer.from(material),
      { key: key as string, dsaEncoding: 'ieee-p1363' },
      Buffer.from(value, 'base64'),
    );
}

class Sha256 {
  getAlgorithmName = (): string => SHA256_DIGEST;
  getHash = (xml: string): string => createHash('sha256').update(xml).digest('base64');
}

function verifiesWithXmlCrypto(bytes: Buffer): boolean {
  const xml = bytes.toString();
  const signed = new SignedXml({ publicCert: comune.certificatePem, getCertFromKeyInfo: () => null });
  signed.SignatureAlgorithms = { [ECDSA_SHA256]: EcdsaSha256 };
  signed.HashAlgorithms = { [SHA256_DIGEST]: Sha256 };
  const { [EXCLUSIVE_C14N]: exclusive, [ENVELOPED_SIGNATURE]: enveloped } = signed.CanonicalizationAlgorithms;
  signed.CanonicalizationAlgorithms = {
    [EXCLUSIVE_C14N]: exclusive!,
    [ENVELOPED_SIGNATURE]: enveloped!,
  };
  signed.loadSignature(/<ds:Signature .*<\/ds:Signature>/s.exec(xml)?.[0] ?? '');
  return signed.checkSignature(xml);
}

describe('what we sign, checked by others’ code', () => {
  it('verifies with xml-crypto, its algorithms pinned to the profile', () => {
    expect(verifiesWithXmlCrypto(event)).toBe(true);
  });

  it('is refused by xml-crypto when content or SigningTime is changed', () => {
    const refused = (bytes: Buffer): boolean => {
      try {
        return !verifiesWithXmlCrypto(bytes);
      } catch {
        return true;
      }
    };
    expect(refused(replaced(event, 'UF-SUAP', 'UF-XXXX'))).toBe(true);
    expect(refused(replaced(event, '07.890Z</xades:S', '07.891Z</xades:S'))).toBe(true);
  });
});
