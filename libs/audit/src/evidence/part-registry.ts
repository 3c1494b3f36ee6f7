import type { X509Certificate } from 'node:crypto';
import type { RegistryEntry, Sha256 } from '#contracts';
import { SIGNING_TIME_TOLERANCE_MS, type TrustView } from '#evidence';
import { RegistryState, type RegistryAtVersion } from '#registry-chain';

/** An entry of the registry that was read. */
export interface PartEntry {
  readonly entry: RegistryEntry;
  readonly digest: Sha256;
}

/** Versions kept ready: documents of one practice are judged by few of them. */
const KEPT_VERSIONS = 64;

/** What some entries of the registry, in the order of their numbers, say at a time. */
export class PartRegistry {
  readonly #entries: readonly PartEntry[];
  readonly #anchors: readonly X509Certificate[];
  readonly #versions = new Map<number, RegistryAtVersion>();

  /** @param anchors the roots that are believed */
  constructor(entries: readonly PartEntry[], anchors: readonly X509Certificate[]) {
    this.#entries = entries;
    this.#anchors = anchors;
  }

  /** Everything that is known by now, revocations since then included. */
  get latest(): TrustView {
    return this.#view(this.#entries.length, this.#entries.length);
  }

  /**
   * What everyone had to know at that time: what was published a quarter of an hour before, and what the document itself
   * names. A certificate counts as listed a quarter of an hour early, since clocks differ.
   * @param atLeast number of the entry that a document, or the decision about it, names
   */
  knownAt(at: Date, atLeast: number): TrustView {
    const named = this.#entries.filter(({ entry }) => entry.number <= atLeast).length;
    const known = Math.max(named, this.#countAt(at.getTime() - SIGNING_TIME_TOLERANCE_MS));
    return this.#view(known, Math.max(known, this.#countAt(at.getTime() + SIGNING_TIME_TOLERANCE_MS)));
  }

  /** How many were signed by then: their times never fall. */
  #countAt(time: number): number {
    return this.#entries.filter(({ entry }) => Date.parse(entry.time) <= time).length;
  }

  #view(known: number, soon: number): TrustView {
    const [version, later] = [this.#version(known), this.#version(soon)];
    return {
      anchors: this.#anchors,
      external: later?.external ?? [],
      certificate: (fingerprint) => version?.certificate(fingerprint) ?? later?.certificate(fingerprint),
    };
  }

  /** The state after that many of the entries; undefined after none. */
  #version(count: number): RegistryAtVersion | undefined {
    const kept = this.#versions.get(count);
    if (kept !== undefined) return kept;
    const entries = this.#entries.slice(0, count);
    const last = entries.at(-1);
    if (last === undefined) return undefined;
    const head = { number: last.entry.number, digest: last.digest };
    const version = RegistryState.ofSnapshot(entries, head).at(head.number);
    if (this.#versions.size >= KEPT_VERSIONS) this.#versions.clear();
    this.#versions.set(count, version);
    return version;
  }
}
