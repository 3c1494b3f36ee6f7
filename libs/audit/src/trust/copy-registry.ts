import { parseRegistryEntry, type RegistryVersion, type Sha256 } from '#contracts';
import { SIGNING_TIME_TOLERANCE_MS, type TrustView } from '#evidence';
import { rootAmong, RegistryChain, type RegistryAtVersion } from '#registry-chain';
import type { ReadLogFile } from '#tlog';
import { readRegistry } from '../copy/records.ts';

/** Versions kept ready: documents that follow each other are judged by neighbouring ones. */
const KEPT_VERSIONS = 64;

/** The registry's chain as a copy of the log has it, verified from its first entry under one root. */
export class CopyRegistry {
  /** The signed entries, from the first. */
  readonly entries: readonly Buffer[];
  /** Fingerprint of the root that was asked for; null: its own. */
  readonly under: string | null;
  readonly #chain: RegistryChain;
  /** When each entry was signed, by its number less one. Milliseconds; they never fall. */
  readonly #times: readonly number[];
  readonly #versions = new Map<number, RegistryAtVersion>();

  private constructor(entries: readonly Buffer[], root: string | null) {
    this.entries = entries;
    this.under = root;
    this.#chain = RegistryChain.replay(rootAmong(entries, root), entries);
    this.#times = entries.map((bytes) => Date.parse(parseRegistryEntry(bytes).time));
  }

  /**
   * @param root fingerprint of the root to believe; null: the one under which the chain itself says that it stands
   * @returns null if the copy has no entry of the registry
   * @throws HubError `REGISTRY_ENTRY_REFUSED`, `REGISTRY_ROOT_REFUSED`, `REGISTRY_FORKED`, `REGISTRY_GAP`, and what `read` throws
   */
  static async read(read: ReadLogFile, root: string | null): Promise<CopyRegistry | null> {
    return CopyRegistry.of(await readRegistry(read), root);
  }

  /** The same of entries that were read before. @throws HubError as `read` */
  static of(entries: readonly Buffer[], root: string | null): CopyRegistry | null {
    return entries.length === 0 ? null : new CopyRegistry(entries, root);
  }

  /** SHA-256 of the root in force. */
  get root(): Sha256 {
    return this.#chain.root;
  }

  get network(): string | null {
    return this.#chain.latest().network ?? null;
  }

  /** How many entries there are. */
  get size(): number {
    return this.#times.length;
  }

  has({ number, digest }: RegistryVersion): 'known' | 'behind' | 'different' {
    const own = this.#chain.digestOf(number);
    if (own === undefined) return 'behind';
    return own === digest ? 'known' : 'different';
  }

  /** Everything that is known by now, without anything that came to an end: whose certificate it is, at whatever time. */
  get everListed(): TrustView {
    const latest = this.#at(this.size);
    return {
      anchors: latest.anchors,
      external: latest.external.map(({ certificate }) => ({ certificate, withdrawnFrom: null })),
      certificate: (fingerprint) => {
        const listed = latest.certificate(fingerprint);
        return listed === undefined ? undefined : { ...listed, revokedFrom: null, revocationReason: null };
      },
    };
  }

  /** Everything that is known by now, revocations since then included. */
  get latest(): TrustView {
    return this.#at(this.size);
  }

  /**
   * What everyone had to know at that time: what was published a quarter of an hour before, and what the document itself
   * names. A certificate counts as listed a quarter of an hour early, since clocks differ.
   * @param atLeast number of the entry that a document, or the decision about it, names
   */
  knownAt(at: Date, atLeast: number): TrustView {
    const known = Math.max(atLeast, this.#numberAt(at.getTime() - SIGNING_TIME_TOLERANCE_MS));
    const soon = Math.max(known, this.#numberAt(at.getTime() + SIGNING_TIME_TOLERANCE_MS));
    const [view, later] = [this.#at(Math.min(known, this.size)), this.#at(Math.min(soon, this.size))];
    if (view === later) return view;
    return {
      anchors: later.anchors,
      external: later.external,
      certificate: (fingerprint) => view.certificate(fingerprint) ?? later.certificate(fingerprint),
    };
  }

  /** The last entry that was signed by then; 0 for none. */
  #numberAt(time: number): number {
    let [low, high] = [0, this.#times.length];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if ((this.#times[middle] ?? Infinity) <= time) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #at(number: number): RegistryAtVersion {
    const known = this.#versions.get(number);
    if (known !== undefined) return known;
    if (this.#versions.size >= KEPT_VERSIONS) this.#versions.clear();
    const version = this.#chain.at(number);
    this.#versions.set(number, version);
    return version;
  }
}
