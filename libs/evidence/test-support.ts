/** A certificate authority for the specs of this room: real keys, and every way to get a certificate wrong. */
import 'reflect-metadata';
import { createPrivateKey, sign, webcrypto, X509Certificate } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import {
  parseCui,
  parseEventId,
  parseIpaCode,
  parseIstatCode,
  parsePracticeId,
  parseSha256,
  type CertificatePurpose,
  type CertificateRole,
  type HubEvent,
} from '#contracts';
import { HubError } from '#errors';
import {
  readCertificatePem,
  verifyEvent,
  type CertificateListing,
  type Signer,
  type TrustView,
} from './src/index.ts';

const rsa = (modulusLength: number): webcrypto.RsaHashedKeyGenParams => ({
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  modulusLength,
  publicExponent: new Uint8Array([1, 0, 1]),
});
const ecdsa = (namedCurve: string): webcrypto.EcKeyGenParams => ({ name: 'ECDSA', namedCurve });
const KEYS = {
  'P-256': ecdsa('P-256'),
  'P-384': ecdsa('P-384'),
  'P-521': ecdsa('P-521'),
  'RSA 1024': rsa(1024),
  'RSA 2048': rsa(2048),
} as const;
const WITH_SHA256 = { name: 'ECDSA', hash: 'SHA-256' } as const;
const { digitalSignature, nonRepudiation, keyCertSign, cRLSign } = x509.KeyUsageFlags;
/** Key usages by what they are for; only the first belongs in a signing certificate of a member. */
const KEY_USAGES = {
  signing: new x509.KeyUsagesExtension(digitalSignature | nonRepudiation, true),
  transport: new x509.KeyUsagesExtension(digitalSignature, true),
  authority: new x509.KeyUsagesExtension(keyCertSign | cRLSign, true),
  everything: new x509.KeyUsagesExtension(digitalSignature | nonRepudiation | keyCertSign, true),
} as const;

/** The moment at which the specs sign unless they say otherwise. */
export const NOW = new Date('2026-03-04T05:06:07.890Z');
const YEAR_MS = 365 * 86_400_000;

export interface IssueOptions {
  readonly role?: CertificateRole;
  readonly purpose?: CertificatePurpose;
  readonly generation?: number;
  readonly notBefore?: Date;
  readonly notAfter?: Date;
  readonly keyUsage?: keyof typeof KEY_USAGES;
  readonly ca?: boolean;
  readonly key?: keyof typeof KEYS;
  /** Signed with its own key instead of the authority's. */
  readonly selfSigned?: boolean;
}

export interface Identity {
  readonly certificatePem: string;
  readonly keyPem: string;
  readonly x509: X509Certificate;
  /** Signs with whatever certificate it has, unlike `pemSigner`, which refuses unsuitable ones. */
  readonly signer: Signer;
}

type WebKey = webcrypto.CryptoKey;

async function keyPemOf(key: WebKey): Promise<string> {
  return x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY');
}

export class TestAuthority {
  readonly #listings = new Map<string, CertificateListing>();

  private constructor(
    readonly caPem: string,
    private readonly caKey: WebKey,
  ) {}

  static async create(notBefore = new Date(NOW.getTime() - YEAR_MS)): Promise<TestAuthority> {
    const keys = await webcrypto.subtle.generateKey(KEYS['P-256'], true, ['sign', 'verify']);
    const certificate = await x509.X509CertificateGenerator.createSelfSigned({
      name: [{ CN: ['Test CA'] }, { O: ['Test network (not qualified)'] }],
      keys,
      notBefore,
      notAfter: new Date(notBefore.getTime() + 10 * YEAR_MS),
      signingAlgorithm: WITH_SHA256,
      extensions: [new x509.BasicConstraintsExtension(true, 0, true), KEY_USAGES.authority],
    });
    return new TestAuthority(certificate.toString('pem'), keys.privateKey);
  }

  get anchor(): X509Certificate {
    return new X509Certificate(this.caPem);
  }

  /** Issues a certificate, by default an authority's for signing, and lists it as its subject says. */
  async issue(holder: string, options: IssueOptions = {}): Promise<Identity> {
    const { role = 'authority', purpose = 'signing', generation = 1 } = options;
    const keys = await webcrypto.subtle.generateKey(KEYS[options.key ?? 'P-256'], true, ['sign', 'verify']);
    const subject = [
      { CN: [holder] },
      { OU: [role] },
      { OU: [`${purpose}-g${generation}`] },
      { O: ['Test network (not qualified)'] },
    ];
    const issuer = new x509.X509Certificate(this.caPem);
    const certificate = await x509.X509CertificateGenerator.create({
      subject,
      issuer: options.selfSigned === true ? new x509.Name(subject).toString() : issuer.subjectName,
      publicKey: keys.publicKey,
      signingKey: options.selfSigned === true ? keys.privateKey : this.caKey,
      signingAlgorithm: WITH_SHA256,
      notBefore: options.notBefore ?? new Date(NOW.getTime() - YEAR_MS / 2),
      notAfter: options.notAfter ?? new Date(NOW.getTime() + YEAR_MS),
      extensions: [
        new x509.BasicConstraintsExtension(options.ca ?? false, undefined, true),
        KEY_USAGES[options.keyUsage ?? 'signing'],
      ],
    });
    const certificatePem = certificate.toString('pem');
    const keyPem = await keyPemOf(keys.privateKey);
    const signer = rawSigner(holder, certificatePem, keyPem);
    this.#listings.set(signer.certificate.fingerprint, { holder, role, purpose, revokedFrom: null });
    return { certificatePem, keyPem, x509: new X509Certificate(certificatePem), signer };
  }

  /** Changes how an issued certificate is listed; null takes it off the list. */
  list(identity: Identity, change: Partial<CertificateListing> | null): void {
    const { fingerprint } = identity.signer.certificate;
    const listing = this.#listings.get(fingerprint);
    if (change === null || listing === undefined) this.#listings.delete(fingerprint);
    else this.#listings.set(fingerprint, { ...listing, ...change });
  }

  get trust(): TrustView {
    return { anchors: [this.anchor], certificate: (fingerprint) => this.#listings.get(fingerprint) };
  }
}

function rawSigner(holder: string, certificatePem: string, keyPem: string): Signer {
  const key = createPrivateKey(keyPem);
  const hash = key.asymmetricKeyDetails?.namedCurve === 'secp384r1' ? 'sha384' : 'sha256';
  return {
    certificate: readCertificatePem(certificatePem),
    holder,
    sign: (data) => Promise.resolve(sign(hash, data, { key, dsaEncoding: 'ieee-p1363' })),
  };
}

/** A filing by `author`, complete and valid. */
export function anEvent(author = 'c_d150'): HubEvent {
  const ipa = parseIpaCode(author);
  return {
    id: parseEventId('01890a5d-ac96-774b-bcce-b302099a8057'),
    type: 'event.voided',
    version: '1.0',
    time: NOW.toISOString(),
    author: { ipa, office: 'UF-SUAP' },
    practice: {
      owner: ipa,
      uuid: parsePracticeId('3f2504e0-4f89-41d3-9a0c-0305e82c3301'),
      cui: parseCui(`${author}/2026/000001`),
    },
    sequence: { number: 1, previous: null },
    replaces: null,
    cause: null,
    registry: { number: 12, digest: parseSha256('ab'.repeat(32)) },
    procedure: { code: 'edilizia.scia', version: 1 },
    territory: parseIstatCode('019036'),
    facts: [{ name: 'protected-area', kind: 'boolean', value: 'true' }],
    body: {
      type: 'event.voided',
      event: parseEventId('01890a5d-ac96-774b-bcce-b302099a8056'),
      number: 1,
      digest: parseSha256('cd'.repeat(32)),
      reason: 'parked',
    },
    documents: [],
  };
}

/** The text with one occurrence of `from` replaced; throws if it is not there, so that no attack tests nothing. */
export function replaced(bytes: Buffer, from: string | RegExp, to: string): Buffer {
  const text = bytes.toString();
  const changed = text.replace(from, () => to);
  if (changed === text) throw new Error(`nothing to replace: ${String(from)}`);
  return Buffer.from(changed);
}

/** How the engine answers: the code of the refusal, or null if it accepts. */
export function answerOf(bytes: Buffer, trust: TrustView): string | null {
  try {
    verifyEvent(bytes, trust, NOW);
    return null;
  } catch (error) {
    if (error instanceof HubError) return error.code;
    throw error;
  }
}
