import { parseRegistryEntry, parseSha256, type RegistryVersion } from '#contracts';
import { HubError } from '#errors';
import {
  attributedTo,
  judgeSigner,
  readCertificate,
  REFUSED_BY_TIME,
  type Checked,
  type CheckedKind,
  type SigningCertificate,
  type VerifiedAction,
  type VerifiedDecision,
  type VerifiedEvent,
  type VerifiedItem,
  type VerifiedReceipt,
} from '#evidence';
import { logEntry, type LogEntry, type RegistryChangeEntry } from '#tlog';
import {
  actionEntry,
  decisionEntry,
  eventEntry,
  plainActionEntry,
  receiptEntry,
  registryEntry,
} from '../entries/entry-of.ts';
import type { CopyRegistry } from '../trust/copy-registry.ts';
import { Arrival } from './arrival.ts';
import { Awaiting, type AwaitingDecision, type AwaitingEvent } from './awaiting.ts';
import type { Findings } from './findings.ts';

/** A leaf whose document's bytes were checked. */
export interface CheckedLeaf {
  readonly index: number;
  /** As it is in the log. */
  readonly entry: Buffer;
  readonly leaf: LogEntry;
  /** The document; null where the copy does not have it. */
  readonly signed: Buffer | null;
  /** Null where the copy does not have the document, or has another one. */
  readonly checked: Checked<CheckedKind> | null;
}

/** Whose signature it is, and of when. */
interface Signed {
  readonly certificate: SigningCertificate;
  readonly signingTime: Date;
}

/** Late enough for every SigningTime: times are judged apart. */
const WHENEVER = new Date(Date.UTC(9999, 0, 1));

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

  judge({ index, entry, leaf, signed, checked }: CheckedLeaf): void {
    try {
      if (leaf.kind === 'registry') this.#change(index, entry, leaf, signed);
      else if (checked === null) this.#absent(index, leaf);
      else this.#present(index, entry, leaf, checked);
    } catch (error) {
      this.#findings.caught('signatures', error, index);
    }
  }

  /** No more leaves will come: judges the events that no decision was about. */
  end(): void {
    for (const event of this.#awaiting.events.values()) this.#withoutDecision(event);
    this.#awaiting.events.clear();
    this.#awaiting.decisions.clear();
  }

  /** What stands in the entry of a decision still tells when its event was placed. */
  #absent(index: number, leaf: LogEntry): void {
    if (leaf.kind === 'decision')
      this.#placed(keyOf(leaf), { index, time: new Date(leaf.time), about: null });
    if (leaf.kind === 'event') this.#awaiting.takeDecision(keyOf(leaf));
  }

  #present(index: number, entry: Buffer, leaf: LogEntry, checked: Checked<CheckedKind>): void {
    const verified = checked.judge(this.#registry.everListed, WHENEVER);
    if ('event' in verified) {
      this.#requireEntry(index, entry, eventEntry(verified));
      this.#event(index, leaf, verified);
      return;
    }
    const signed = signedBy(verified);
    if ('decision' in verified) {
      this.#requireEntry(index, entry, decisionEntry(verified));
      this.#decision(index, leaf, verified, signed);
    } else {
      this.#requireEntry(index, entry, saidBy(verified, leaf));
      this.#judgeItem(index, signed, 0);
    }
  }

  /** A change of the registry is judged by the chain, which has verified the same bytes: in the copy there is one chain. */
  #change(
    index: number,
    entry: Buffer,
    { position, sha256 }: RegistryChangeEntry,
    signed: Buffer | null,
  ): void {
    const digest = parseSha256(sha256);
    this.#requireVersion(index, { number: position, digest });
    if (signed === null) return;
    const author = attributedTo(signed, this.#registry.everListed) ?? '';
    this.#requireEntry(index, entry, registryEntry(parseRegistryEntry(signed), author, digest));
  }

  #event(index: number, leaf: LogEntry, verified: VerifiedEvent): void {
    const { digest, signedInfoDigest } = verified;
    const { registry } = verified.event;
    this.#requireVersion(index, registry);
    const signed = signedBy(verified);
    const arrivedAt = this.#arrival.of(signed.signingTime);
    this.#arrival.pass(signed.signingTime);
    const event = { index, ...signed, arrivedAt, digest, signedInfoDigest, registry: registry.number };
    const decision = this.#awaiting.takeDecision(keyOf(leaf));
    if (decision !== undefined) {
      this.#pair(event, decision);
      return;
    }
    const oldest = this.#awaiting.addEvent(keyOf(leaf), event);
    if (oldest !== undefined) this.#withoutDecision(oldest);
  }

  #decision(index: number, leaf: LogEntry, { decision }: VerifiedDecision, signed: Signed): void {
    const { registry, event, time } = decision;
    this.#requireVersion(index, registry);
    this.#judgeItem(index, signed, registry.number);
    const { digest, signedInfoDigest } = event;
    const about = { digest, signedInfoDigest, registry: registry.number };
    this.#placed(keyOf(leaf), { index, time: new Date(time), about });
  }

  /** A signed item: it came to the log at this place, and no decision is about it. */
  #judgeItem(index: number, signed: Signed, atLeast: number): void {
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

  #requireEntry(index: number, entry: Buffer, said: LogEntry): void {
    if (logEntry(said).bytes.equals(entry)) return;
    this.#findings.add(
      'signatures',
      'AUDIT_ENTRY_DISAGREES',
      index,
      'the signed document says something else than the entry of the log',
    );
  }

  #requireVersion(index: number, version: RegistryVersion): void {
    const standing = this.#registry.has(version);
    if (standing === 'known') return;
    const entry = `registry entry ${version.number} with digest ${version.digest}`;
    if (standing === 'behind')
      this.#findings.add('signatures', 'REGISTRY_BEHIND', index, `${entry} is not in this copy`);
    else
      this.#findings.add(
        'signatures',
        'REGISTRY_VERSION_DIFFERS',
        index,
        `${entry} is not in this network's chain`,
      );
  }
}

function signedBy({ signer, signingTime }: VerifiedEvent | VerifiedItem): Signed {
  return { certificate: readCertificate(signer.certificate.raw), signingTime };
}

/** An anchor of accesses may stand in the log as any action: it was younger than the auditor that took it in. */
function saidBy(verified: VerifiedReceipt | VerifiedAction, { kind }: LogEntry): LogEntry {
  if ('receipt' in verified) return receiptEntry(verified);
  return kind === 'action' ? plainActionEntry(verified) : actionEntry(verified);
}

function keyOf({ author, eventId }: LogEntry): string {
  return `${author.toLowerCase()} ${eventId}`;
}
