import 'reflect-metadata';
import { webcrypto, X509Certificate } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { beforeAll, describe, expect, it } from 'vitest';
import { serializeEvent } from '#contracts';
import { issueAuthority, issueCertificate, type IssuedCertificate } from '#embedded';
import { anEvent, NOW, TestAuthority } from '../test-support.ts';
import {
  pemSigner,
  signEvent,
  signXml,
  verifyEvent,
  verifySigned,
  type CertificateListing,
  type Signer,
  type TrustView,
} from './index.ts';

const VALIDITY = {
  notBefore: new Date('2026-01-01T00:00:00Z'),
  notAfter: new Date('2028-01-01T00:00:00Z'),
};
const LATER = new Date('2026-03-05T00:00:00.000Z');

let qualified: IssuedCertificate;
let seal: Signer;
let own: TestAuthority;

beforeAll(async () => {
  own = await TestAuthority.create();
  qualified = await issueAuthority(VALIDITY, 'A provider of seals');
  seal = await sealBy(qualified);
});

/** A seal as such providers issue it: a subject of their own form, contentCommitment alone. */
async function sealBy(
  issuer: IssuedCertificate,
  name = 'C=IT,O=Comune di Prova,CN=Sigillo',
): Promise<Signer> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const signingKey = await webcrypto.subtle.importKey(
    'pkcs8',
    x509.PemConverter.decodeFirst(issuer.key),
    algorithm,
    true,
    ['sign'],
  );
  const certificate = await x509.X509CertificateGenerator.create({
    subject: name,
    issuer: new x509.X509Certificate(issuer.certificate).subjectName,
    publicKey: keys.publicKey,
    signingKey,
    signingAlgorithm: algorithm,
    ...VALIDITY,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.nonRepudiation, true),
    ],
  });
  const key = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return pemSigner(certificate.toString('pem'), x509.PemConverter.encode(key, 'PRIVATE KEY'), 'c_d150');
}

function trusting(
  listing: Partial<CertificateListing> = {},
  withdrawnFrom: string | null = null,
  issuer = qualified,
): TrustView {
  const listed = { holder: 'c_d150', role: 'authority', purpose: 'signing', revokedFrom: null } as const;
  return {
    anchors: own.trust.anchors,
    external: [{ certificate: new X509Certificate(issuer.certificate), withdrawnFrom }],
    certificate: (fingerprint, presented) =>
      fingerprint === seal.certificate.fingerprint
        ? { ...listed, ...listing }
        : own.trust.certificate(fingerprint, presented),
  };
}

const coded = (code: string): unknown => expect.objectContaining({ code });

describe('a certificate of an external issuer', () => {
  it('speaks for whom the registry lists it, whatever its subject says', async () => {
    const bytes = await signEvent(anEvent(), seal, NOW);
    expect(seal.certificate.subject).toBeUndefined();
    expect(verifyEvent(bytes, trusting(), NOW).signer).toMatchObject({ holder: 'c_d150', role: 'authority' });
    expect(() => verifyEvent(bytes, trusting({ holder: 'p_cr' }), NOW)).toThrow(
      coded('CERTIFICATE_NOT_OF_AUTHOR'),
    );
  });

  it('is refused where its issuer is not published, not yet valid, withdrawn, or another of that name', async () => {
    const bytes = await signEvent(anEvent(), seal, NOW);
    const withdrawn = trusting({}, NOW.toISOString());
    const namesake = trusting({}, null, await issueAuthority(VALIDITY, 'A provider of seals'));
    expect(() => verifyEvent(bytes, { ...trusting(), external: [] }, NOW)).toThrow(
      coded('CERTIFICATE_UNTRUSTED'),
    );
    expect(() => verifyEvent(bytes, namesake, NOW)).toThrow(coded('CERTIFICATE_UNTRUSTED'));
    expect(() => verifyEvent(bytes, withdrawn, NOW)).toThrow(coded('TRUST_ANCHOR_WITHDRAWN'));
    // What had a proof of existence before stays good.
    expect(verifyEvent(bytes, trusting({}, LATER.toISOString()), NOW).event.id).toBe(anEvent().id);
    expect(() => verifyEvent(bytes, trusting({}, 'no time'), NOW)).toThrow(coded('TRUST_ANCHOR_WITHDRAWN'));
  });

  it('is refused without a listing, revoked, or listed for transport', async () => {
    const bytes = await signEvent(anEvent(), seal, NOW);
    const cases = [
      [trusting({ revokedFrom: NOW.toISOString() }), 'KEY_REVOKED_BEFORE_ARRIVAL'],
      [trusting({ purpose: 'transport' }), 'CERTIFICATE_ROLE_WRONG'],
      [{ ...trusting(), certificate: () => undefined }, 'CERTIFICATE_UNKNOWN'],
    ] as const;
    for (const [trust, code] of cases) expect(() => verifyEvent(bytes, trust, NOW)).toThrow(coded(code));
  });

  it.each(['router', 'registry', 'auditor'] as const)('is never that of a %s', async (role) => {
    const bytes = await signEvent(anEvent(), seal, NOW);
    const judged = (trust: TrustView) => verifySigned(bytes, trust, NOW, { maxBytes: bytes.length });
    expect(judged(trusting()).signer.role).toBe('authority');
    expect(() => judged(trusting({ role }))).toThrow(coded('CERTIFICATE_ROLE_WRONG'));
  });

  it('gains nothing from a subject of the network’s form', async () => {
    const subject = { holder: 'router-1', role: 'router', purpose: 'signing', generation: 1 } as const;
    const issued = await issueCertificate(qualified, { subject, ...VALIDITY });
    const pretender = pemSigner(issued.certificate, issued.key);
    const bytes = await signXml(serializeEvent(anEvent()), pretender, NOW);
    const listing = { ...subject, revokedFrom: null };
    const trust = { ...trusting(), certificate: () => listing };
    expect(() => verifySigned(bytes, trust, NOW, { maxBytes: bytes.length })).toThrow(
      coded('CERTIFICATE_ROLE_WRONG'),
    );
  });
});

describe('a certificate of the network’s own', () => {
  it('needs both key usages, as ever', async () => {
    const foreign = await sealBy(qualified, 'CN=c_d150, OU=authority, OU=signing-g1').catch(
      (error: unknown) => error,
    );
    expect(foreign).toMatchObject({ code: 'SIGNING_KEY_UNUSABLE' });
  });

  it('is not excused from agreeing with its listing by an issuer outside', async () => {
    const comune = await own.issue('c_d150');
    const bytes = await signEvent(anEvent(), comune.signer, NOW);
    own.list(comune, { holder: 'p_cr' });
    expect(() => verifyEvent(bytes, trusting(), NOW)).toThrow(coded('CERTIFICATE_LISTING_DISAGREES'));
  });
});
