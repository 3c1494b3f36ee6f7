/** The corpus' certificate authority: every certificate it issues comes out the same each time. */
import 'reflect-metadata';
import { createHash, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import type { CertificatePurpose, CertificateRole } from '#contracts';
import { readCertificatePem, type Signer } from '#evidence';
import { corpusKey, type CorpusKey, type KeyKind } from './keys.ts';

/** When the corpus' documents are signed and arrive, unless a case says otherwise. */
export const AT = new Date('2026-03-04T05:06:07.890Z');
const YEAR_MS = 365 * 86_400_000;
const ORGANISATION = 'Conformance corpus (not qualified)';
const { digitalSignature, nonRepudiation, keyCertSign, cRLSign } = x509.KeyUsageFlags;

const SIGNING: x509.KeyUsageFlags = digitalSignature | nonRepudiation;
/** Key usages that do not belong in a signing certificate. */
export const NO_CONTENT_COMMITMENT: x509.KeyUsageFlags = digitalSignature;
export const OF_A_CA: x509.KeyUsageFlags = digitalSignature | nonRepudiation | keyCertSign;

export interface Issue {
  readonly holder: string;
  readonly role?: CertificateRole;
  readonly purpose?: CertificatePurpose;
  readonly key?: KeyKind;
  /** Tells apart certificates of the same holder. */
  readonly label?: string;
  readonly notBefore?: Date;
  readonly notAfter?: Date;
  readonly keyUsage?: x509.KeyUsageFlags;
  readonly ca?: boolean;
  readonly selfSigned?: boolean;
  /** How the registry lists it; by default as its subject says, not revoked. Null: not at all. */
  readonly listed?: Partial<Omit<CorpusListing, 'fingerprint'>> | null;
}

/** How `index.json` lists a certificate of the registry. */
export interface CorpusListing {
  readonly fingerprint: string;
  readonly holder: string;
  readonly role: CertificateRole;
  readonly purpose: CertificatePurpose;
  readonly revokedFrom: string | null;
}

export class CorpusAuthority {
  readonly #listings: CorpusListing[] = [];
  readonly #name: string;
  readonly #key: CorpusKey;
  readonly #certificate: x509.X509Certificate;

  private constructor(name: string, key: CorpusKey, certificate: x509.X509Certificate) {
    this.#name = name;
    this.#key = key;
    this.#certificate = certificate;
  }

  static async create(name: string): Promise<CorpusAuthority> {
    const key = corpusKey('P-256', name);
    const subject = [{ CN: ['Conformance CA'] }, { O: [ORGANISATION] }];
    const certificate = await build(name, key, key, {
      subject,
      issuer: new x509.Name(subject).toString(),
      notBefore: new Date(AT.getTime() - YEAR_MS),
      notAfter: new Date(AT.getTime() + 20 * YEAR_MS),
      extensions: [
        new x509.BasicConstraintsExtension(true, 0, true),
        new x509.KeyUsagesExtension(keyCertSign | cRLSign, true),
      ],
    });
    return new CorpusAuthority(name, key, certificate);
  }

  get pem(): string {
    return `${this.#certificate.toString('pem').trim()}\n`;
  }

  get listings(): readonly CorpusListing[] {
    return this.#listings;
  }

  /** A signer with a certificate of this authority. It signs whatever it is given, suitable or not. */
  async signer(issue: Issue): Promise<Signer> {
    const { holder, role = 'authority', purpose = 'signing', key: kind = 'P-256', label = '' } = issue;
    const name = `${this.#name} ${holder} ${role} ${purpose} ${kind} ${label}`.trim();
    const key = corpusKey(kind, name);
    const subject = [{ CN: [holder] }, { OU: [role] }, { OU: [`${purpose}-g1`] }, { O: [ORGANISATION] }];
    const issued = await build(name, key, issue.selfSigned === true ? key : this.#key, {
      subject,
      issuer: issue.selfSigned === true ? new x509.Name(subject).toString() : this.#certificate.subject,
      notBefore: issue.notBefore ?? new Date(AT.getTime() - YEAR_MS / 2),
      notAfter: issue.notAfter ?? new Date(AT.getTime() + 10 * YEAR_MS),
      extensions: [
        new x509.BasicConstraintsExtension(issue.ca ?? false, undefined, true),
        new x509.KeyUsagesExtension(issue.keyUsage ?? SIGNING, true),
      ],
    });
    const certificate = readCertificatePem(issued.toString('pem'));
    const signer: Signer = { certificate, holder, sign: (data) => Promise.resolve(key.sign(data)) };
    if (issue.listed !== null) this.list(signer, issue.listed);
    return signer;
  }

  /** Lists a certificate as its subject says, but for what is given. */
  list({ certificate }: Signer, given: Issue['listed'] = {}): void {
    const { subject, fingerprint } = certificate;
    if (subject === undefined) throw new Error('the subject is not of the network’s form');
    const { holder, role, purpose } = subject;
    this.#listings.push({ fingerprint, holder, role, purpose, revokedFrom: null, ...given });
  }
}

type Fields = Pick<
  x509.X509CertificateCreateCommonParams,
  'subject' | 'issuer' | 'notBefore' | 'notAfter' | 'extensions'
>;

async function build(
  name: string,
  key: CorpusKey,
  issuerKey: CorpusKey,
  fields: Fields,
): Promise<x509.X509Certificate> {
  const { subtle } = webcrypto;
  const publicKey = await subtle.importKey('jwk', key.publicJwk, key.algorithm, true, ['verify']);
  // Only a name for the key that signs: `signWith` knows the key itself.
  const signingKey = await subtle.importKey('jwk', issuerKey.publicJwk, issuerKey.algorithm, true, [
    'verify',
  ]);
  return await x509.X509CertificateGenerator.create(
    {
      ...fields,
      serialNumber: `40${createHash('sha256').update(name).digest('hex').slice(0, 30)}`,
      publicKey,
      signingKey,
      signingAlgorithm: { name: issuerKey.algorithm.name, hash: 'SHA-256' },
    },
    signWith(issuerKey),
  );
}

/** Web Crypto whose signatures are made by `key`. */
function signWith(key: CorpusKey): webcrypto.Crypto {
  const subtle = new Proxy(webcrypto.subtle, {
    get: (target, property) => {
      if (property === 'sign') {
        return (_: unknown, __: unknown, data: ArrayBuffer) =>
          Promise.resolve(key.sign(new Uint8Array(data)));
      }
      const value: unknown = Reflect.get(target, property);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
  return new Proxy(webcrypto, {
    get: (target, property) => (property === 'subtle' ? subtle : (Reflect.get(target, property) as unknown)),
  });
}
