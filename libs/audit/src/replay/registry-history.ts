import { parseRegistryEntry, type RegistryVersion } from '#contracts';
import { HubError } from '#errors';
import { RegistryChain, rootAmong, type RegistryAtVersion } from '#registry-chain';

/** The registry's chain, verified from its first entry, as it was at any of its versions and at any time. */
export class RegistryHistory {
  readonly #chain: RegistryChain;
  /** Of each entry its time, from number 1 on. Never goes back. */
  readonly #times: readonly string[];
  /** The version asked for last: decisions name the same one many times in a row. */
  #last: RegistryAtVersion | undefined;

  private constructor(chain: RegistryChain, times: readonly string[]) {
    this.#chain = chain;
    this.#times = times;
  }

  /**
   * @param entries signed bytes, from the first one on
   * @param root fingerprint of the root to believe; null: the one under which the chain itself says that it stands
   * @throws HubError those of `rootAmong` and `RegistryChain.replay`
   */
  static of(entries: readonly Buffer[], root: string | null): RegistryHistory {
    const chain = RegistryChain.replay(rootAmong(entries, root), entries);
    return new RegistryHistory(
      chain,
      entries.map((bytes) => parseRegistryEntry(bytes).time),
    );
  }

  /** SHA-256 of the root in force. */
  get root(): string {
    return this.#chain.root;
  }

  /** Number and digest of the last entry; null for an empty chain. */
  get head(): RegistryVersion | null {
    return this.#chain.head;
  }

  /** Whether this very entry is in the chain. */
  has({ number, digest }: RegistryVersion): boolean {
    return this.#chain.digestOf(number) === digest;
  }

  /** The registry after entry `number`. @throws HubError `REGISTRY_VERSION_UNKNOWN` */
  at(number: number): RegistryAtVersion {
    if (this.#last?.number !== number) this.#last = this.#chain.at(number);
    return this.#last;
  }

  latest(): RegistryAtVersion {
    return this.at(this.head?.number ?? 0);
  }

  /** When entry `number` was signed. @throws HubError `REGISTRY_VERSION_UNKNOWN` */
  timeOf(number: number): string {
    const time = this.#times[number - 1];
    if (time !== undefined) return time;
    throw new HubError('REGISTRY_VERSION_UNKNOWN', `there is no registry entry ${number} here`);
  }

  /**
   * The registry as it stood at a time: after the last entry that was signed by then.
   * @throws HubError `REPLAY_TIME_TOO_EARLY`
   */
  atTime(time: Date): RegistryAtVersion {
    const text = time.toISOString();
    const number = this.#times.findLastIndex((at) => at <= text) + 1;
    if (number > 0) return this.at(number);
    throw new HubError('REPLAY_TIME_TOO_EARLY', `at ${text} the registry had no entry`);
  }
}
