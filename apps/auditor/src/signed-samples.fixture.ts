/** A small network with real keys for the specs: what members, router and participants sign. */
import { randomUUID } from 'node:crypto';
import { X509Certificate } from 'node:crypto';
import {
  cloudEventHeaders,
  parseCui,
  parseEventId,
  parseIpaCode,
  parseIstatCode,
  parsePracticeId,
  parseSha256,
  topics,
  type CertificateRole,
  type Decision,
  type HubEvent,
  type OperatorAction,
  type Receipt,
  type RegistryVersion,
  type Sha256,
} from '#contracts';
import { issueAuthority, issueCertificate, type IssuedCertificate } from '#embedded';
import {
  pemSigner,
  sha256Hex,
  signActions,
  signDecisions,
  signEvent,
  signReceipts,
  type CertificateListing,
  type Signer,
} from '#evidence';
import type { IncomingRecord } from '#messaging';
import { systemIds } from '#platform';
import type { AuditRegistry } from './intake/screen-record.ts';

const DAY_MS = 86_400_000;
const HEAD: RegistryVersion = { number: 12, digest: parseSha256('ab'.repeat(32)) };

export class SampleNetwork implements AuditRegistry {
  readonly anchors: readonly X509Certificate[];
  readonly #authority: IssuedCertificate;
  readonly #listings = new Map<string, CertificateListing>();
  readonly #signers = new Map<string, Signer>();
  /** The last registry entry that this copy has. */
  head: RegistryVersion = HEAD;
  caughtUp = true;

  private constructor(authority: IssuedCertificate) {
    this.#authority = authority;
    this.anchors = [new X509Certificate(authority.certificate)];
  }

  /** Members c_d150, p_cr and c_d142, and router-1. */
  static async create(): Promise<SampleNetwork> {
    const network = new SampleNetwork(await issueAuthority(validity()));
    for (const member of ['c_d150', 'p_cr', 'c_d142']) await network.admit(member, 'authority');
    await network.admit('router-1', 'router');
    return network;
  }

  certificate(fingerprint: Sha256): CertificateListing | undefined {
    return this.#listings.get(fingerprint);
  }

  hasVersion(number: number, digest: Sha256): 'known' | 'behind' | 'different' {
    if (number > this.head.number) return 'behind';
    return digest === HEAD.digest ? 'known' : 'different';
  }

  status(): ReturnType<AuditRegistry['status']> {
    return { head: this.head, caughtUp: this.caughtUp, staleSince: null, refused: 0, alarm: null };
  }

  signer(holder: string): Signer {
    const signer = this.#signers.get(holder);
    if (signer === undefined) throw new Error(`nobody issued a certificate to ${holder}`);
    return signer;
  }

  /** Issues and lists a signing certificate. */
  async admit(holder: string, role: CertificateRole): Promise<void> {
    const subject = { holder, role, purpose: 'signing', generation: 1 } as const;
    const issued = await issueCertificate(this.#authority, { subject, ...validity() });
    const signer = pemSigner(issued.certificate, issued.key);
    this.#signers.set(holder, signer);
    this.list(holder, { holder, role, purpose: 'signing', revokedFrom: null });
  }

  /** Lists a holder's certificate in another way; null takes it off the list. */
  list(holder: string, listing: CertificateListing | null): void {
    const { fingerprint } = this.signer(holder).certificate;
    if (listing === null) this.#listings.delete(fingerprint);
    else this.#listings.set(fingerprint, listing);
  }

  async event(event: HubEvent, at = new Date()): Promise<SignedEvent> {
    const bytes = await signEvent(event, this.signer(event.author.ipa), at);
    return { event, bytes, digest: sha256Hex(bytes) };
  }

  async decision(decision: Decision): Promise<Buffer> {
    const { items } = await signDecisions([decision], this.signer(decision.router), new Date(decision.time));
    return first(items);
  }

  /** @param holder who signs */
  async action(action: OperatorAction, holder: string): Promise<Buffer> {
    const { items } = await signActions([action], this.signer(holder), new Date(action.time));
    return first(items);
  }

  async receipt(receipt: Receipt): Promise<Buffer> {
    const { items } = await signReceipts([receipt], this.signer(receipt.by), new Date(receipt.time));
    return first(items);
  }
}

export interface SignedEvent {
  readonly event: HubEvent;
  readonly bytes: Buffer;
  readonly digest: Sha256;
}

/** An act of `author` in a practice of its own, unlike any other. */
export function anEvent(author = 'c_d150', other: Partial<HubEvent> = {}): HubEvent {
  const ipa = parseIpaCode(author);
  return {
    id: parseEventId(systemIds.uuidv7()),
    type: 'event.voided',
    version: '1.0',
    time: new Date().toISOString(),
    author: { ipa, office: 'UF-SUAP' },
    practice: { owner: ipa, uuid: parsePracticeId(randomUUID()), cui: parseCui(`${author}/2026/000001`) },
    sequence: { number: 1, previous: null },
    replaces: null,
    cause: null,
    registry: HEAD,
    procedure: { code: 'edilizia.scia', version: 1 },
    territory: parseIstatCode('019036'),
    facts: [],
    body: {
      type: 'event.voided',
      event: parseEventId(systemIds.uuidv7()),
      number: 1,
      digest: parseSha256('cd'.repeat(32)),
      reason: 'parked',
    },
    documents: [],
    ...other,
  };
}

/** The router's decision that places it first. */
export function aDecision({ event, digest }: SignedEvent, other: Partial<Decision> = {}): Decision {
  const common = {
    regime: 'scia',
    term: { days: 30, kind: 'calendar' },
    legalBasis: 'dpr-380-2001',
  } as const;
  return {
    version: '1.0',
    router: 'router-1',
    time: new Date().toISOString(),
    event: {
      author: event.author.ipa,
      id: event.id,
      type: event.type,
      digest,
      signedInfoDigest: parseSha256('ef'.repeat(32)),
    },
    practice: event.practice,
    position: 1,
    registry: event.registry,
    procedure: event.procedure,
    participants: [
      { ...common, ipa: event.author.ipa, joined: true, part: 'owner', rule: 'owner' },
      { ...common, ipa: parseIpaCode('p_cr'), joined: true, part: 'informed', rule: 'province' },
    ],
    rules: [{ rule: 'province', matched: true, facts: [] }],
    ...other,
  };
}

/** What p_cr says of it. */
export function aReceipt({ event, digest }: SignedEvent, other: Partial<Receipt> = {}): Receipt {
  return {
    version: '1.0',
    kind: 'received',
    by: parseIpaCode('p_cr'),
    time: new Date().toISOString(),
    event: { author: event.author.ipa, id: event.id, digest },
    practice: event.practice,
    position: 1,
    code: null,
    registration: null,
    cancellation: null,
    ...other,
  };
}

/** What somebody did at a node. */
export function anAction(node: string, other: Partial<OperatorAction> = {}): OperatorAction {
  return {
    version: '1.0',
    id: parseEventId(systemIds.uuidv7()),
    kind: 'quarantine.released',
    node,
    role: 'authority',
    time: new Date().toISOString(),
    outcome: 'released',
    actors: [{ kind: 'token', reference: parseSha256('ab'.repeat(32)) }],
    reason: null,
    record: null,
    event: null,
    practice: null,
    set: null,
    details: [],
    ...other,
  };
}

let offset = 0;

/** The record of an event in its author's outbox, at a place of its own. */
export function outboxRecord(
  { event, bytes }: SignedEvent,
  other: Partial<IncomingRecord> = {},
): IncomingRecord {
  const headers = Object.fromEntries(
    Object.entries(cloudEventHeaders(event)).map(([name, value]) => [name, Buffer.from(value)]),
  );
  return { ...aRecord(topics.outbox(event.author.ipa), bytes), headers, ...other };
}

export function aRecord(topic: string, value: Buffer): IncomingRecord {
  offset += 1;
  return {
    topic,
    partition: 0,
    offset: String(offset),
    key: null,
    value,
    headers: {},
    timestamp: new Date(),
  };
}

function validity(): { notBefore: Date; notAfter: Date } {
  return { notBefore: new Date(Date.now() - DAY_MS), notAfter: new Date(Date.now() + DAY_MS) };
}

function first(items: readonly Buffer[]): Buffer {
  const [item] = items;
  if (item === undefined) throw new Error('nothing was signed');
  return item;
}
