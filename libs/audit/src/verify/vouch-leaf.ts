/** What can be said of a leaf's document by itself: unaltered, signed by somebody of the network, and what its entry says. */
import { parseRegistryEntry, parseSha256, type RegistryVersion, type Sha256 } from '#contracts';
import { attributedTo, type Checked, type CheckedKind, type TrustView, type VerifiedOf } from '#evidence';
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
import type { Findings } from './findings.ts';
import type { ReadLeaf } from './leaves.ts';

/** Whose signature it is, and of when. Plain data, as everything here: it travels between threads. */
interface Signed {
  readonly index: number;
  /** Fingerprint of the certificate. */
  readonly by: Sha256;
  /** SigningTime, milliseconds. */
  readonly signedAt: number;
}

/** An event: what the decision about it has to name, and by what both are found. */
export interface VouchedEvent extends Signed {
  readonly is: 'event';
  readonly key: string;
  readonly digest: Sha256;
  readonly signedInfoDigest: Sha256;
  /** Number of the registry's entry that it names. */
  readonly registry: number;
}

export interface VouchedDecision extends Signed {
  readonly is: 'decision';
  readonly key: string;
  /** When the event was placed, milliseconds. */
  readonly placedAt: number;
  readonly about: Pick<VouchedEvent, 'digest' | 'signedInfoDigest' | 'registry'>;
}

/** A receipt or an action. */
export interface VouchedItem extends Signed {
  readonly is: 'item';
}

/** An event or a decision of which the copy does not have the document. */
export interface AbsentDocument {
  readonly is: 'absent-event' | 'absent-decision';
  readonly index: number;
  readonly key: string;
  /** Of the entry, milliseconds. */
  readonly time: number;
}

/** What has to be known of a leaf to judge its signer by the leaves around it. */
export type VouchedLeaf = VouchedEvent | VouchedDecision | VouchedItem | AbsentDocument;

/** Late enough for every SigningTime: times are judged apart. */
const WHENEVER = new Date(Date.UTC(9999, 0, 1));

/** Vouches for leaves one by one, in whatever order. */
export class VouchLeaves {
  readonly #registry: CopyRegistry;
  readonly #everListed: TrustView;
  readonly #findings: Findings;
  /** Certificates of those who have signed, DER, by fingerprint. */
  readonly certificates = new Map<Sha256, Buffer>();

  constructor(registry: CopyRegistry, findings: Findings) {
    this.#registry = registry;
    this.#everListed = registry.everListed;
    this.#findings = findings;
  }

  /**
   * @param checked null where the copy does not have the document, or has another one
   * @returns null for what needs no further judgement: the registry's own changes, and what is a finding already
   */
  vouch(leaf: ReadLeaf, checked: Checked<CheckedKind> | null): VouchedLeaf | null {
    try {
      if (leaf.leaf.kind === 'registry') this.#change(leaf, leaf.leaf);
      else if (checked === null) return absent(leaf);
      else return this.#present(leaf, checked.judge(this.#everListed, WHENEVER));
    } catch (error) {
      this.#findings.caught('signatures', error, leaf.index);
    }
    return null;
  }

  #present({ index, entry, leaf }: ReadLeaf, verified: VerifiedOf[CheckedKind]): VouchedLeaf {
    const signed = { index, ...this.#signedBy(verified) };
    if ('event' in verified) {
      this.#requireEntry(index, entry, eventEntry(verified));
      const { digest, signedInfoDigest, event } = verified;
      this.#requireVersion(index, event.registry);
      const registry = event.registry.number;
      return { is: 'event', ...signed, key: keyOf(leaf), digest, signedInfoDigest, registry };
    }
    if ('decision' in verified) {
      this.#requireEntry(index, entry, decisionEntry(verified));
      const { registry, event, time } = verified.decision;
      this.#requireVersion(index, registry);
      const { digest, signedInfoDigest } = event;
      const about = { digest, signedInfoDigest, registry: registry.number };
      return { is: 'decision', ...signed, key: keyOf(leaf), placedAt: Date.parse(time), about };
    }
    this.#requireEntry(index, entry, saidBy(verified, leaf));
    return { is: 'item', ...signed };
  }

  /** A change of the registry is judged by the chain, which has verified the same bytes: in the copy there is one chain. */
  #change({ index, entry, signed }: ReadLeaf, { position, sha256 }: RegistryChangeEntry): void {
    const digest = parseSha256(sha256);
    this.#requireVersion(index, { number: position, digest });
    if (signed === null) return;
    const author = attributedTo(signed, this.#everListed) ?? '';
    this.#requireEntry(index, entry, registryEntry(parseRegistryEntry(signed), author, digest));
  }

  #signedBy({ signer, signingTime }: VerifiedOf[CheckedKind]): Omit<Signed, 'index'> {
    const { fingerprint, certificate } = signer;
    if (!this.certificates.has(fingerprint)) this.certificates.set(fingerprint, certificate.raw);
    return { by: fingerprint, signedAt: signingTime.getTime() };
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

/** An anchor of accesses may stand in the log as any action: it was younger than the auditor that took it in. */
function saidBy(verified: VerifiedOf['receipt' | 'action'], { kind }: LogEntry): LogEntry {
  if ('receipt' in verified) return receiptEntry(verified);
  return kind === 'action' ? plainActionEntry(verified) : actionEntry(verified);
}

/** What stands in the entry of a decision still tells when its event was placed. */
function absent({ index, leaf }: ReadLeaf): AbsentDocument | null {
  if (leaf.kind !== 'event' && leaf.kind !== 'decision') return null;
  return { is: `absent-${leaf.kind}`, index, key: keyOf(leaf), time: Date.parse(leaf.time) };
}

function keyOf({ author, eventId }: LogEntry): string {
  return `${author.toLowerCase()} ${eventId}`;
}
