import { HubError } from '#errors';
import { judgeSigner, REFUSED_BY_TIME, type SigningCertificate } from '#evidence';
import type { CopyRegistry } from '../trust/copy-registry.ts';
import { Arrival } from './arrival.ts';
import { Awaiting, type AwaitingDecision, type AwaitingEvent } from './awaiting.ts';
import type { Findings } from './findings.ts';
import type { VouchedDecision, VouchedEvent, VouchedItem, VouchedLeaf } from './vouch-leaf.ts';

/** Whose signature it is, and of when. */
interface Signed {
  readonly certificate: SigningCertificate;
  readonly signingTime: Date;
}

/** Certificates of those who have signed the leaves, by fingerprint. */
export type CertificatesOf = ReadonlyMap<string, SigningCertificate>;

/**
 * Judges who has signed the documents of leaves, in the order of the log, each by what had to be known at its time: an
 * event at the time of the decision about it, what no decision is about at the earliest time at which it can have come.
 */
export class JudgeDocuments {
  readonly #registry: CopyRegistry;
  readonly #findings: Findings;
  readonly #arrival: Arrival;
  readonly #awaiting: Awaiting;

  constructor(
    registry: CopyRegistry,
    findings: Findings,
    { arrival = new Arrival(), awaiting = new Awaiting() } = {},
  ) {
    this.#registry = registry;
    this.#findings = findings;
    this.#arrival = arrival;
    this.#awaiting = awaiting;
  }

  /** Goes on from what another has come to know; null: from nothing. */
  static from(
    registry: CopyRegistry,
    findings: Findings,
    before: ReturnType<JudgeDocuments['soFar']> | null,
  ): JudgeDocuments {
    if (before === null) return new JudgeDocuments(registry, findings);
    const [arrival, awaiting] = [new Arrival(before.arrival), Awaiting.from(before.awaiting)];
    return new JudgeDocuments(registry, findings, { arrival, awaiting });
  }

  /** What is needed to go on another time. */
  soFar() {
    return { arrival: this.#arrival.latest, awaiting: this.#awaiting.soFar() };
  }

  judge(leaf: VouchedLeaf, certificates: CertificatesOf): void {
    switch (leaf.is) {
      case 'event':
        this.#event(leaf, signedBy(leaf, certificates));
        return;
      case 'decision':
        this.#decision(leaf, signedBy(leaf, certificates));
        return;
      case 'item':
        this.#item(leaf.index, signedBy(leaf, certificates), 0);
        return;
      case 'absent-decision':
        this.#placed(leaf.key, { index: leaf.index, time: new Date(leaf.time), about: null });
        return;
      case 'absent-event':
        this.#awaiting.takeDecision(leaf.key);
    }
  }

  /** No more leaves will come: judges the events that no decision was about. */
  end(): void {
    for (const event of this.#awaiting.events.values()) this.#withoutDecision(event);
    this.#awaiting.events.clear();
    this.#awaiting.decisions.clear();
  }

  #event({ index, key, digest, signedInfoDigest, registry }: VouchedEvent, signed: Signed): void {
    const arrivedAt = this.#arrival.of(signed.signingTime);
    this.#arrival.pass(signed.signingTime);
    const event = { index, ...signed, arrivedAt, digest, signedInfoDigest, registry };
    const decision = this.#awaiting.takeDecision(key);
    if (decision !== undefined) {
      this.#pair(event, decision);
      return;
    }
    const oldest = this.#awaiting.addEvent(key, event);
    if (oldest !== undefined) this.#withoutDecision(oldest);
  }

  #decision({ index, key, placedAt, about }: VouchedDecision, signed: Signed): void {
    this.#item(index, signed, about.registry);
    this.#placed(key, { index, time: new Date(placedAt), about });
  }

  /** A signed item: it came to the log at this place, and no decision is about it. */
  #item(index: number, signed: Signed, atLeast: number): void {
    const at = this.#arrival.of(signed.signingTime);
    this.#arrival.pass(signed.signingTime);
    this.#judgeTime(index, signed, at, atLeast, 'at-signing');
  }

  #placed(key: string, decision: AwaitingEvent): void {
    const event = this.#awaiting.takeEvent(key);
    if (event === undefined) this.#awaiting.addDecision(key, decision);
    else this.#pair(event, decision);
  }

  /** An event is judged at the time of its decision, by what the router had to know. */
  #pair(event: AwaitingDecision, { index, time, about }: AwaitingEvent): void {
    this.#judgeTime(event.index, event, time, Math.max(event.registry, about?.registry ?? 0), 'at-arrival');
    if (about === null || about.digest === event.digest) return;
    if (about.signedInfoDigest === event.signedInfoDigest)
      this.#findings.note('decision-of-other-copy', index);
    else
      this.#findings.add(
        'signatures',
        'AUDIT_DECISION_OTHER_EVENT',
        index,
        `the decision is about an event with SHA-256 ${about.digest}, the log has ${event.digest}`,
      );
  }

  #withoutDecision(event: AwaitingDecision): void {
    this.#judgeTime(event.index, event, event.arrivedAt, event.registry, 'at-arrival');
  }

  #judgeTime(
    index: number,
    signed: Signed,
    at: Date,
    atLeast: number,
    superseded: 'at-arrival' | 'at-signing',
  ): void {
    try {
      judgeSigner(signed, this.#registry.knownAt(at, atLeast), at, { superseded });
    } catch (error) {
      this.#findings.caught('signatures', error, index);
      return;
    }
    try {
      judgeSigner(signed, this.#registry.latest, at, { superseded });
    } catch (error) {
      if (!(error instanceof HubError) || !REFUSED_BY_TIME.has(error.code)) throw error;
      this.#findings.note('key-revoked-later', index);
    }
  }
}

function signedBy(
  { by, signedAt }: Pick<VouchedItem, 'by' | 'signedAt'>,
  certificates: CertificatesOf,
): Signed {
  const certificate = certificates.get(by);
  if (certificate === undefined) throw new TypeError(`the certificate ${by} was not handed over`);
  return { certificate, signingTime: new Date(signedAt) };
}
