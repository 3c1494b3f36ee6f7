import { X509Certificate } from 'node:crypto';
import {
  parseIpaCode,
  type CertificateRole,
  type RegisteredCertificate,
  type RegistryChange,
  type RegistryEntry,
  type RootAcceptance,
  type Sha256,
} from '#contracts';
import {
  crossCertify,
  issueAuthority,
  issueCertificate,
  issueCrl,
  type IssuedCertificate,
  type Revoked,
} from '#embedded';
import {
  pemSigner,
  sha256Hex,
  signHeartbeat,
  signRegistryEntry,
  signRootAcceptance,
  signSnapshot,
  type Signer,
} from '#evidence';
import { rootOfTrust, takeSnapshot, type RootOfTrust } from '#registry-chain';

const START = new Date('2026-03-01T08:00:00.000Z');
const VALIDITY = {
  notBefore: new Date('2026-01-01T00:00:00.000Z'),
  notAfter: new Date('2028-01-01T00:00:00.000Z'),
};

/** A network's authority with real keys, for specs: it issues certificates and knows its root of trust. */
export class TestAuthority {
  readonly #issued: IssuedCertificate;
  readonly root: RootOfTrust;

  private constructor(issued: IssuedCertificate) {
    this.#issued = issued;
    this.root = rootOfTrust(issued.certificate, new X509Certificate(issued.certificate).fingerprint256);
  }

  static async create(validity = VALIDITY): Promise<TestAuthority> {
    return new TestAuthority(await issueAuthority(validity));
  }

  get fingerprint(): Sha256 {
    return this.root.fingerprint;
  }

  /** Its list of revocations: DER, base64. */
  async crl(thisUpdate: string, nextUpdate: string, revoked: readonly Revoked[] = []): Promise<string> {
    const window = { thisUpdate: new Date(thisUpdate), nextUpdate: new Date(nextUpdate) };
    const pem = await issueCrl(this.#issued, { ...window, revoked });
    return pem.replaceAll(/-----[^-]+-----|\s/g, '');
  }

  /** Its word for the key of another authority: DER, base64. */
  async certify(other: TestAuthority, validity = VALIDITY): Promise<string> {
    return derOf(await crossCertify(this.#issued, other.pem, validity));
  }

  get pem(): string {
    return this.#issued.certificate;
  }

  /** DER, base64. */
  get anchor(): string {
    return derOf(this.#issued.certificate);
  }

  async signer(holder: string, role: CertificateRole, generation = 1): Promise<Signer> {
    const subject = { holder, role, purpose: 'signing', generation } as const;
    const issued = await issueCertificate(this.#issued, { subject, ...VALIDITY });
    return pemSigner(issued.certificate, issued.key);
  }
}

/** What of a rotation is not as it should be. */
interface RotationParts {
  readonly named?: Partial<RootAcceptance>;
  readonly by?: Signer;
  /** The root in force. */
  readonly from?: TestAuthority;
  readonly newWithOld?: string;
  readonly at?: Date;
}

/** Signs a chain of entries, one second apart. What is passed beside the change replaces what would be right. */
export class SigningRegistry {
  readonly entries: Buffer[] = [];

  constructor(
    readonly authority: TestAuthority,
    readonly signer: Signer,
  ) {}

  static async create(authority: TestAuthority): Promise<SigningRegistry> {
    return new SigningRegistry(authority, await authority.signer('registry', 'registry'));
  }

  /** Network founded, own certificate listed, one body. */
  async found(): Promise<this> {
    await this.add({ kind: 'network.founded', network: 'test', anchors: [this.authority.anchor] });
    await this.add({ kind: 'certificate.published', certificate: listingOf(this.signer) });
    await this.add(aBody('c_d150'));
    return this;
  }

  get head(): { number: number; digest: Sha256 } {
    return { number: this.entries.length, digest: sha256Hex(this.entries.at(-1) ?? Buffer.alloc(0)) };
  }

  async add(
    change: RegistryChange,
    other: Partial<RegistryEntry> = {},
    signer = this.signer,
  ): Promise<Buffer> {
    const bytes = await this.sign(change, other, signer);
    this.entries.push(bytes);
    return bytes;
  }

  async sign(
    change: RegistryChange,
    other: Partial<RegistryEntry> = {},
    signer = this.signer,
    signedAt?: Date,
  ): Promise<Buffer> {
    const number = this.entries.length + 1;
    const previous = this.entries.at(-1);
    const entry: RegistryEntry = {
      version: '1.0',
      number,
      previous: previous === undefined ? null : sha256Hex(previous),
      time: secondsAfterStart(number),
      change,
      ...other,
    };
    return await signRegistryEntry(entry, signer, signedAt ?? new Date(entry.time));
  }

  /** The change that puts `next` in the root's place at the next number. What is passed replaces what would be right. */
  async rotationTo(
    next: TestAuthority,
    successor: Signer,
    { named = {}, by = successor, from = this.authority, at, newWithOld }: RotationParts = {},
  ): Promise<RegistryChange> {
    const number = this.entries.length + 1;
    const acceptance: RootAcceptance = {
      version: '1.0',
      network: 'test',
      number,
      previous: this.head.digest,
      oldRoot: this.authority.fingerprint,
      newRoot: next.fingerprint,
      time: secondsAfterStart(number),
      ...named,
    };
    const bytes = await signRootAcceptance(acceptance, by, at ?? new Date(acceptance.time));
    return {
      kind: 'root.rotated',
      root: next.anchor,
      newWithOld: newWithOld ?? (await from.certify(next)),
      certificate: listingOf(successor),
      acceptance: bytes.toString('base64'),
    };
  }

  /** A signed snapshot of all that was added. */
  async snapshot(signer = this.signer, at = secondsAfterStart(1_000)): Promise<Buffer> {
    return await signSnapshot(takeSnapshot(this.entries, at), signer, new Date(at));
  }

  async heartbeat(head = this.head, at = new Date(), signer = this.signer): Promise<Buffer> {
    return await signHeartbeat({ version: '1.0', time: at.toISOString(), head }, signer, at);
  }
}

export function secondsAfterStart(seconds: number): string {
  return new Date(START.getTime() + seconds * 1_000).toISOString();
}

export function listingOf(signer: Signer): RegisteredCertificate {
  const { subject, fingerprint, x509, notBefore, notAfter } = signer.certificate;
  return {
    holder: signer.holder,
    role: subject?.role ?? 'authority',
    purpose: 'signing',
    fingerprint,
    der: x509.raw.toString('base64'),
    notBefore: notBefore.toISOString(),
    notAfter: notAfter.toISOString(),
  };
}

export function aBody(ipa: string, nodeUrl?: string): RegistryChange {
  return {
    kind: 'body.published',
    body: {
      ipa: parseIpaCode(ipa),
      name: ipa,
      kind: 'other',
      office: 'SUAP',
      pec: `${ipa}@pec.example.invalid`,
      joined: nodeUrl !== undefined,
      ...(nodeUrl === undefined ? {} : { nodeUrl }),
    },
  };
}

function derOf(pem: string): string {
  return new X509Certificate(pem).raw.toString('base64');
}
