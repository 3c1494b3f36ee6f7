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
import { chainTrust, type RootOfTrust } from './root-of-trust.ts';

/** What became of an entry: adopted as the next one, there already, or too early because of a gap before it. */
export type Adoption = 'adopted' | 'known' | 'ahead';

/**
 * The registry's chain, verified entry by entry under one root of trust and folded into its state. It knows no broker
 * and no database: an auditor replays the entries' bytes with it offline.
 *
 * An entry is adopted if it is signed by a certificate of the registry that the chain lists and has not revoked (before
 * the chain lists one: any of that role under the root), carries the next number and its predecessor's digest, and is
 * not older than its predecessor. The last rule makes revocation final: a stolen key cannot date an entry back.
 */
export class RegistryChain {
  readonly #root: RootOfTrust;
  readonly #state = new RegistryState();
  readonly #known = new Set<Sha256>();
  #lastTime = '';
  #listsRegistry = false;
  #fork: HubError | undefined;

  constructor(root: RootOfTrust) {
    this.#root = root;
  }

  /**
   * The chain of the given entries, in order, each verified.
   * @throws HubError as `append`, `REGISTRY_GAP` if one is missing
   */
  static replay(root: RootOfTrust, entries: Iterable<Buffer>): RegistryChain {
    const chain = new RegistryChain(root);
    for (const bytes of entries) chain.#appendNext(bytes);
    return chain;
  }

  /**
   * The chain from a copy that was verified when it was stored: numbers and digests are checked for each entry, the
   * signature for the last one, which vouches through the digests for every byte before it.
   * @throws HubError as `append`, `REGISTRY_GAP`
   */
  static restore(root: RootOfTrust, entries: readonly Buffer[]): RegistryChain {
    const chain = new RegistryChain(root);
    for (const bytes of entries.slice(0, -1)) chain.#adopt(parseRegistryEntry(bytes), sha256Hex(bytes));
    const last = entries.at(-1);
    if (last !== undefined) chain.#appendNext(last);
    return chain;
  }

  /** Number and digest of the last entry; null while there is none. */
  get head(): RegistryVersion | null {
    return this.#state.head;
  }

  /** When the last entry was signed; empty while there is none. */
  get lastTime(): string {
    return this.#lastTime;
  }

  /** Why nothing is adopted any more; undefined while the chain is one. */
  get fork(): HubError | undefined {
    return this.#fork;
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
   * @throws HubError `REGISTRY_ENTRY_REFUSED` (not the registry's), `REGISTRY_ROOT_REFUSED` (of a network under another
   *   root), `REGISTRY_FORKED` (the registry's, but beside the chain: nothing is adopted from then on)
   */
  append(bytes: Buffer): Adoption {
    const digest = sha256Hex(bytes);
    if (this.#known.has(digest)) return 'known';
    if (this.#fork !== undefined) throw this.#fork;
    // What lies behind a gap may be signed by a certificate that the gap lists: it is verified when its turn comes.
    if (readEntry(bytes).number > (this.head?.number ?? 0) + 1) return 'ahead';
    this.#adopt(this.#verified(bytes), digest);
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
    if (this.append(bytes) === 'adopted') return;
    throw new HubError(
      'REGISTRY_GAP',
      `entry ${readEntry(bytes).number} cannot follow entry ${this.head?.number ?? 0}`,
    );
  }

  #verified(bytes: Buffer): RegistryEntry {
    const claimed = new Date(readEntry(bytes).time);
    const { entry, signingTime } = refusing(() => verifyRegistryEntry(bytes, this.#trust(), claimed));
    // Validity is judged at SigningTime, revocation at the entry's own: two times would leave a stolen key a choice.
    if (signingTime.getTime() === claimed.getTime()) return entry;
    throw refused(`entry ${entry.number} is dated ${entry.time} and signed at ${signingTime.toISOString()}`);
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
  }

  /** The first entry founds the network under the configured root; no other does. */
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

function refusing<T>(check: () => T): T {
  try {
    return check();
  } catch (cause) {
    const why = cause instanceof HubError ? `${cause.code}: ${cause.message}` : 'it cannot be read';
    throw new HubError('REGISTRY_ENTRY_REFUSED', `not signed by this registry: ${why}`, { cause });
  }
}

function refused(message: string): HubError {
  return new HubError('REGISTRY_ENTRY_REFUSED', message);
}
