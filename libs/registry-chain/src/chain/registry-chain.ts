import {
  parseHeartbeat,
  parseRegistryEntry,
  type RegistryEntry,
  type RegistryHeartbeat,
  type RegistryVersion,
  type Sha256,
} from '#contracts';
import { HubError } from '#errors';
import { readCertificate, sha256Hex, verifyHeartbeat, verifyRegistryEntry, type TrustView } from '#evidence';
import type { RegistryAtVersion } from '../state/registry-at-version.ts';
import { RegistryState } from '../state/registry-state.ts';
import { checkTrustChange, spentRoots } from './check-change.ts';
import { Prehistory, type UnjudgedEntry } from './prehistory.ts';
import { refused, refusing } from './refusal.ts';
import { chainTrust, type RootOfTrust } from './root-of-trust.ts';
import { checkRotation, foundingRoot, isAcceptedBy, isRotation, newRoot } from './root-rotation.ts';
import { openSnapshot } from './snapshot.ts';

/**
 * What became of an entry: adopted as the next one, there already, too early because of a gap before it, or of before
 * the point from which this chain can judge (the rotation to the configured root, or the snapshot it began with).
 */
export type Adoption = 'adopted' | 'known' | 'ahead' | 'before';

/** An entry that is certain, ready to be kept. */
export interface ChainEntry {
  readonly number: number;
  /** The signed bytes as they arrived. */
  readonly bytes: Buffer;
  readonly digest: Sha256;
}

/** Told of every entry from the first on, in order and once, as soon as all before it are certain too. */
export type EntryKeeper = (entry: ChainEntry) => void;

/**
 * The registry's chain, verified entry by entry under one root of trust and folded into its state. It knows no broker
 * and no database: an auditor replays the entries' bytes with it offline.
 *
 * An entry is adopted if it is signed by a certificate of the registry that the chain lists and has not revoked (before
 * the chain lists one: any of that role under the root), carries the next number and its predecessor's digest, and is
 * not older than its predecessor. The last rule makes revocation final: a stolen key cannot date an entry back.
 *
 * The root may be replaced by an entry that both roots sign. Configured with the old one, the chain follows; configured
 * with the new one, it holds what comes first and believes it when the rotation vouches for it. Nothing signed under
 * the old root counts as the registry's afterwards, not even as a fork.
 */
export class RegistryChain {
  readonly #configured: RootOfTrust;
  /** In force: the configured root, or the one that a rotation put in its place. */
  #root: RootOfTrust;
  #state = new RegistryState();
  #known = new Set<Sha256>();
  #lastTime = '';
  #listsRegistry = false;
  #fork: HubError | undefined;
  #before = new Prehistory();
  /** True if the first entry stands under another root: only a rotation to the configured one can make it ours. */
  #isForeign = false;
  /** Entries, not judged, by which the configured root has accepted to take over. */
  #accepted: UnjudgedEntry[] = [];
  /** Begun with a snapshot whose history is not here yet: its head, and the entries adopted since. */
  #unproved: { readonly head: RegistryVersion; readonly since: ChainEntry[] } | undefined;

  constructor(root: RootOfTrust) {
    this.#configured = root;
    this.#root = root;
  }

  /**
   * The chain of the given entries, in order, each verified; those before a rotation to this root by their digests.
   * @throws HubError as `append`, `REGISTRY_GAP` if one is missing
   */
  static replay(root: RootOfTrust, entries: Iterable<Buffer>): RegistryChain {
    const chain = new RegistryChain(root);
    for (const bytes of entries) chain.#appendNext(bytes);
    if (chain.#isForeign) throw chain.#notOurs();
    return chain;
  }

  /**
   * The chain from a copy that was verified when it was stored: numbers and digests are checked for each entry, the
   * signatures of rotations and of the last one, which vouches through the digests for every byte before it.
   * @throws HubError as `append`, `REGISTRY_GAP`
   */
  static restore(root: RootOfTrust, entries: readonly Buffer[]): RegistryChain {
    const chain = new RegistryChain(root);
    const [first] = entries;
    if (first === undefined) return chain;
    chain.#beginUnder(first);
    const passed = new Set([chain.#root.fingerprint]);
    for (const [i, bytes] of entries.entries()) {
      const entry = parseRegistryEntry(bytes);
      if (i === entries.length - 1 || isRotation(entry)) chain.#adoptNext(bytes, entry);
      else chain.#adopt(entry, sha256Hex(bytes));
      passed.add(chain.#root.fingerprint);
    }
    if (!passed.has(root.fingerprint)) throw chain.#notOurs();
    return chain;
  }

  /**
   * The chain from a snapshot alone: it answers for the snapshot's head and what follows. What was before is believed
   * once every entry of it has come (see `append`) and leads to that head: none is taken from the snapshot itself.
   * @throws HubError `REGISTRY_ENTRY_REFUSED`, `REGISTRY_ROOT_REFUSED`
   */
  static begin(root: RootOfTrust, snapshot: Buffer): RegistryChain {
    const { head, entries, last, signer } = openSnapshot(snapshot, root);
    const chain = new RegistryChain(root);
    chain.#state = RegistryState.ofSnapshot(entries, head);
    chain.#unproved = { head, since: [] };
    chain.#lastTime = last.entry.time;
    chain.#listsRegistry = true;
    const latest = chain.latest();
    if (!latest.anchors.some((anchor) => sha256Hex(anchor.raw) === root.fingerprint)) throw chain.#notOurs();
    const listed = latest.certificate(signer.fingerprint);
    if (listed?.role !== 'registry' || listed.revokedFrom !== null)
      throw refused(
        `the snapshot is signed by ${signer.fingerprint}, which it does not list as the registry's`,
      );
    return chain;
  }

  /** Number and digest of the last entry; null while there is none. */
  get head(): RegistryVersion | null {
    return this.#state.head;
  }

  /** SHA-256 of the root in force. */
  get root(): Sha256 {
    return this.#root.fingerprint;
  }

  /** When the last entry was signed; empty while there is none. */
  get lastTime(): string {
    return this.#lastTime;
  }

  /** Why nothing is adopted any more; undefined while the chain is one. */
  get fork(): HubError | undefined {
    return this.#fork;
  }

  /** True while all that has come stands under another root than the configured one. */
  get isForeign(): boolean {
    return this.#isForeign;
  }

  /** False while the history before a snapshot is missing: older versions cannot be answered for yet. */
  get isWhole(): boolean {
    return this.#unproved === undefined;
  }

  digestOf(number: number): Sha256 | undefined {
    return this.#state.digestOf(number);
  }

  /** @throws HubError `REGISTRY_VERSION_UNKNOWN` */
  at(number: number): RegistryAtVersion {
    return this.#state.at(number);
  }

  /** The registry after the last entry. */
  latest(): RegistryAtVersion {
    return this.#state.at(this.head?.number ?? 0);
  }

  /**
   * Verifies an entry's signed bytes and adopts them if they are the next ones.
   * @param keep told of entries that are certain; of several at once when a rotation or a whole history proves them
   * @throws HubError `REGISTRY_ENTRY_REFUSED` (not the registry's), `REGISTRY_ROOT_REFUSED` (of a network under another
   *   root), `REGISTRY_FORKED` (the registry's, but beside the chain: nothing is adopted from then on)
   */
  append(bytes: Buffer, keep: EntryKeeper = () => undefined): Adoption {
    const digest = sha256Hex(bytes);
    if (this.#known.has(digest)) return 'known';
    if (this.#fork !== undefined) throw this.#fork;
    const entry = readEntry(bytes);
    const number = this.head?.number ?? 0;
    if (this.#unproved !== undefined && entry.number <= this.#unproved.head.number)
      return this.#prove({ entry, bytes, digest }, this.#unproved, keep);
    if (number === 0 && this.#isOfAnotherRoot(entry, bytes))
      return this.#search({ entry, bytes, digest }, keep);
    // What lies behind a gap may be signed by a certificate that the gap lists: it is verified when its turn comes.
    if (entry.number > number + 1) return 'ahead';
    this.#adoptNext(bytes, entry);
    const adopted = { number: entry.number, bytes, digest };
    if (this.#unproved === undefined) keep(adopted);
    else this.#unproved.since.push(adopted);
    if (this.#isForeign) this.#judgeHeld(keep);
    return 'adopted';
  }

  /**
   * Verifies a heartbeat and compares its head with this chain: one that is ahead only tells that more is to come.
   * @throws HubError `REGISTRY_ENTRY_REFUSED`, `REGISTRY_FORKED`
   */
  checkHeartbeat(bytes: Buffer): RegistryHeartbeat {
    const { heartbeat } = refusing(() => {
      const { time } = parseHeartbeat(bytes);
      return verifyHeartbeat(bytes, this.#trust(), new Date(time));
    });
    const { number, digest } = heartbeat.head;
    const own = this.digestOf(number);
    if (own !== undefined && own !== digest) throw this.#forked(number, own, digest);
    return heartbeat;
  }

  #appendNext(bytes: Buffer): void {
    const outcome = this.append(bytes);
    if (outcome === 'adopted' || outcome === 'before') return;
    throw new HubError(
      'REGISTRY_GAP',
      `entry ${readEntry(bytes).number} cannot follow entry ${this.head?.number ?? 0}`,
    );
  }

  /** @param read what the bytes say, before they are verified */
  #adoptNext(bytes: Buffer, read: RegistryEntry): void {
    const entry = this.#verified(bytes, read);
    if (entry.number > (this.head?.number ?? 0) + 1)
      throw new HubError(
        'REGISTRY_GAP',
        `entry ${entry.number} cannot follow entry ${this.head?.number ?? 0}`,
      );
    this.#adopt(entry, sha256Hex(bytes));
  }

  #verified(bytes: Buffer, { time }: RegistryEntry): RegistryEntry {
    const claimed = new Date(time);
    const { entry, signingTime } = refusing(() => verifyRegistryEntry(bytes, this.#trust(), claimed));
    // Validity is judged at SigningTime, revocation at the entry's own: two times would leave a stolen key a choice.
    if (signingTime.getTime() !== claimed.getTime())
      throw refused(
        `entry ${entry.number} is dated ${entry.time} and signed at ${signingTime.toISOString()}`,
      );
    if (entry.number !== (this.head?.number ?? 0) + 1) return entry;
    const current = this.latest();
    checkTrustChange(entry.change, current);
    if (isRotation(entry))
      checkRotation(entry, {
        network: current.network ?? '',
        root: this.#root,
        spent: spentRoots(current),
        lastTime: this.#lastTime,
      });
    return entry;
  }

  #trust(): TrustView {
    return chainTrust(this.#root, this.#listsRegistry ? this.latest() : null);
  }

  #adopt(entry: RegistryEntry, digest: Sha256): void {
    const head = this.head;
    if (entry.number <= (head?.number ?? 0))
      throw this.#forked(entry.number, this.digestOf(entry.number), digest);
    if (entry.previous !== (head?.digest ?? null) && entry.number === (head?.number ?? 0) + 1)
      throw this.#forked(entry.number - 1, head?.digest, entry.previous);
    this.#checkFoundation(entry);
    if (entry.time < this.#lastTime)
      throw refused(
        `entry ${entry.number} is dated ${entry.time}, before its predecessor's ${this.#lastTime}`,
      );
    this.#state.apply(entry, digest);
    this.#known.add(digest);
    this.#lastTime = entry.time;
    const { change } = entry;
    if (change.kind === 'certificate.published' && change.certificate.role === 'registry')
      this.#listsRegistry = true;
    if (!isRotation(entry)) return;
    this.#root = newRoot(entry.change);
    this.#listsRegistry = true;
  }

  /** The first entry founds the network under the root; no other does. */
  #checkFoundation({ number, change }: RegistryEntry): void {
    const isFirst = number === 1;
    if (isFirst !== (change.kind === 'network.founded'))
      throw refused(
        `entry ${number} is ${change.kind}: only the first entry, and always it, founds the network`,
      );
    if (change.kind !== 'network.founded') return;
    const anchors = change.anchors.map((der) => refusing(() => readCertificate(Buffer.from(der, 'base64'))));
    if (anchors.some(({ fingerprint }) => fingerprint === this.#root.fingerprint)) return;
    throw new HubError(
      'REGISTRY_ROOT_REFUSED',
      `network ${change.network} does not stand under the root ${this.#root.fingerprint}`,
    );
  }

  /** The root to begin a stored chain with: the configured one, or the one it was founded under before a rotation. */
  #beginUnder(first: Buffer): void {
    const entry = readEntry(first);
    const { change } = entry;
    if (change.kind !== 'network.founded') return;
    const isOurs = change.anchors.some(
      (der) => sha256Hex(Buffer.from(der, 'base64')) === this.#configured.fingerprint,
    );
    if (isOurs) return;
    const root = foundingRoot(entry, first);
    if (root === undefined) throw this.#notOurs();
    this.#root = root;
  }

  /** A first entry is judged for itself, whatever came before: a forged one must not keep out the genuine one. */
  #isOfAnotherRoot(entry: RegistryEntry, bytes: Buffer): boolean {
    if (entry.number !== 1) return this.#isForeign;
    const root = foundingRoot(entry, bytes);
    if (root === undefined || root.fingerprint === this.#configured.fingerprint) return false;
    this.#isForeign = true;
    return true;
  }

  /** Holds an entry of a chain under another root until a rotation to the configured one vouches for the whole line. */
  #search(held: UnjudgedEntry, keep: EntryKeeper): Adoption {
    this.#before.add(held);
    if (isRotation(held.entry) && isAcceptedBy(held.entry, this.#configured)) this.#accepted.push(held);
    for (const { entry, bytes } of this.#accepted) {
      const end = { number: entry.number - 1, digest: entry.previous ?? sha256Hex(bytes) };
      const line = this.#before.lineTo(end);
      if (line === undefined) continue;
      // An acceptance is public: whoever copies it into an entry of his own is found out now, and not asked again.
      this.#accepted = this.#accepted.filter((each) => each.bytes !== bytes);
      const proved = [...line.map((each) => each.bytes), bytes];
      this.#become(RegistryChain.restore(this.#configured, proved), proved, keep);
      return 'adopted';
    }
    return 'before';
  }

  /** Holds an entry of before the snapshot until all of them lead to its head. */
  #prove(
    held: UnjudgedEntry,
    { head, since }: { readonly head: RegistryVersion; readonly since: readonly ChainEntry[] },
    keep: EntryKeeper,
  ): Adoption {
    this.#before.add(held);
    const line = this.#before.lineTo(head);
    if (line === undefined) return 'before';
    const whole = [...line, ...since].map(({ bytes }) => bytes);
    this.#become(RegistryChain.restore(this.#configured, whole), whole, keep);
    return 'before';
  }

  /** Goes on as a chain that was proved otherwise, then judges what was held. */
  #become(proved: RegistryChain, entries: readonly Buffer[], keep: EntryKeeper): void {
    this.#root = proved.#root;
    this.#state = proved.#state;
    this.#known = proved.#known;
    this.#lastTime = proved.#lastTime;
    this.#listsRegistry = proved.#listsRegistry;
    this.#unproved = undefined;
    for (const [i, bytes] of entries.entries()) keep({ number: i + 1, bytes, digest: sha256Hex(bytes) });
    this.#judgeHeld(keep);
  }

  /** Now that this chain can judge: what was held, by the rules for whatever comes. */
  #judgeHeld(keep: EntryKeeper): void {
    const held = this.#before.all();
    this.#before = new Prehistory();
    this.#accepted = [];
    this.#isForeign = false;
    for (const { bytes } of held)
      try {
        this.append(bytes, keep);
      } catch (error) {
        // What the registry did not sign stops nothing; a fork is an alarm, and `fork` tells it.
        if (!(error instanceof HubError)) throw error;
      }
  }

  #notOurs(): HubError {
    return new HubError(
      'REGISTRY_ROOT_REFUSED',
      `this chain does not stand under the root ${this.#configured.fingerprint}`,
    );
  }

  #forked(number: number, own: Sha256 | undefined, other: Sha256 | null): HubError {
    this.#fork = new HubError(
      'REGISTRY_FORKED',
      `two entries with number ${number}: ${own ?? 'none'} here, ${other ?? 'none'} signed too`,
      { details: { number, own, other } },
    );
    return this.#fork;
  }
}

/** Reads an entry that is not verified yet. */
function readEntry(bytes: Buffer): RegistryEntry {
  return refusing(() => parseRegistryEntry(bytes));
}
