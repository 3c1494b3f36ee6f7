import type { X509Certificate } from 'node:crypto';
import { Gauge } from 'prom-client';
import type {
  CompiledForm,
  FormSchema,
  IpaCode,
  IstatCode,
  Procedure,
  PublicBody,
  RegistryVersion,
  RoutingRegistry,
  Sha256,
} from '#contracts';
import { HubError, type ErrorCode } from '#errors';
import type { ExternalAnchor, TrustView } from '#evidence';
import type { Metrics } from '#platform';
import type { CertificateStanding, RegistryAtVersion } from '#registry-chain';
import type { ChangeListener } from './change-waiters.ts';
import { CompiledForms } from './compiled-forms.ts';
import { RegistryFollower, type FollowerSettings } from './registry-follower.ts';

/** How long a node with an empty copy waits at its start for the registry. */
const START_TIMEOUT_MS = 60_000;

export interface RegistryViewSettings extends FollowerSettings {
  /** Where the view shows how it is. */
  readonly metrics?: Metrics;
  readonly startTimeoutMs?: number;
}

/** How a version that someone names stands to this copy. */
export type VersionStanding =
  /** It is here, with that digest. */
  | 'known'
  /** This copy has not got there yet: try again later. */
  | 'behind'
  /** The registry has another entry of that number: whoever names it was told something else, or lies. */
  | 'different';

export interface RegistryStatus {
  /** Null while nothing is known. */
  readonly head: RegistryVersion | null;
  /** True once everything that the topic held at the start has been read. */
  readonly caughtUp: boolean;
  /** Since when the registry was not heard for too long; null while it is. */
  readonly staleSince: Date | null;
  /** Records refused since the start. */
  readonly refused: number;
  /** `REGISTRY_FORKED`, `REGISTRY_GAP`, `REGISTRY_SNAPSHOT_UNPROVED`, `CRL_STALE`, or null. The first that holds. */
  readonly alarm: ErrorCode | null;
}

/**
 * The verified copy of the registry that a node keeps: all of its decisions look here, never at the registry itself.
 * It goes on from what it has while registry or broker are away. As a `RoutingRegistry` and a `TrustView` it answers
 * by the newest version; `at` gives an older one.
 */
export class RegistryView implements RoutingRegistry, TrustView {
  readonly #settings: RegistryViewSettings;
  readonly #follower: RegistryFollower;
  readonly #compiled = new CompiledForms();
  #latest: RegistryAtVersion | undefined;

  constructor(settings: RegistryViewSettings) {
    this.#settings = settings;
    this.#follower = new RegistryFollower(settings);
    if (settings.metrics !== undefined) this.#measure(settings.metrics);
  }

  /**
   * Loads the stored copy and begins to follow the topic. With a copy it answers at once; without one it waits until
   * the topic was read to its end.
   * @throws HubError `REGISTRY_ROOT_REFUSED` if the network stands under another root than the configured one,
   *   `REGISTRY_VERSION_UNKNOWN` if there is no copy and no registry within the time
   */
  async start(): Promise<void> {
    await this.#follower.start();
    if (this.#follower.chain.head !== null) return;
    try {
      await this.#waitForFirst(this.#settings.startTimeoutMs ?? START_TIMEOUT_MS);
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /** Stops following and frees what is held. */
  async close(): Promise<void> {
    await this.#follower.close();
    this.#compiled.close();
  }

  /**
   * The newest version of this copy.
   * @throws HubError `REGISTRY_VERSION_UNKNOWN` while nothing is known
   */
  current(): RegistryVersion {
    const { head } = this.#follower.chain;
    if (head === null) throw new HubError('REGISTRY_VERSION_UNKNOWN', 'the copy of the registry is empty');
    return head;
  }

  /** The registry at its newest version here. A snapshot: it does not change when entries arrive. */
  latest(): RegistryAtVersion {
    const number = this.#follower.chain.head?.number ?? 0;
    if (this.#latest?.number !== number) this.#latest = this.#follower.chain.latest();
    return this.#latest;
  }

  /** The registry as it was after entry `number`. @throws HubError `REGISTRY_VERSION_UNKNOWN` */
  at(number: number): RegistryAtVersion {
    return this.#follower.chain.at(number);
  }

  /** How a version that an event or a decision names stands to this copy. */
  hasVersion(number: number, digest: Sha256): VersionStanding {
    const own = this.#follower.chain.digestOf(number);
    if (own === undefined) return 'behind';
    return own === digest ? 'known' : 'different';
  }

  /** Resolves to true once entry `number` is here, to false after `timeoutMs`. */
  async waitFor(number: number, timeoutMs: number): Promise<boolean> {
    if ((this.#follower.chain.head?.number ?? 0) >= number) return true;
    return await this.#follower.changes.waitFor(number, timeoutMs);
  }

  /** Resolves once everything that the topic held at the start has been read; waits for a broker that is away. */
  async caughtUp(): Promise<void> {
    await this.#follower.caughtUp;
  }

  /** Calls `listener` after each adopted entry, until the returned function is called. */
  onChange(listener: ChangeListener): () => void {
    return this.#follower.changes.onChange(listener);
  }

  /** Since when the registry was not heard for too long; null while it is. */
  get staleSince(): Date | null {
    return this.#follower.watch.staleSince;
  }

  status(): RegistryStatus {
    const { chain, isCaughtUp, intake } = this.#follower;
    return {
      head: chain.head,
      caughtUp: isCaughtUp,
      staleSince: this.staleSince,
      refused: intake.refused,
      alarm: this.#alarm(),
    };
  }

  #alarm(): ErrorCode | null {
    const { chain, isCaughtUp, intake } = this.#follower;
    if (chain.fork !== undefined) return 'REGISTRY_FORKED';
    if (intake.hasGap) return 'REGISTRY_GAP';
    // The topic has been read to its end, and does not hold what the snapshot says.
    if (isCaughtUp && !chain.isWhole) return 'REGISTRY_SNAPSHOT_UNPROVED';
    const now = this.#settings.clock.now();
    return this.latest()
      .crls()
      .some((list) => list.isStale(now))
      ? 'CRL_STALE'
      : null;
  }

  get anchors(): readonly X509Certificate[] {
    return this.latest().anchors;
  }

  get external(): readonly ExternalAnchor[] {
    return this.latest().external;
  }

  certificate(fingerprint: Sha256): CertificateStanding | undefined {
    return this.latest().certificate(fingerprint);
  }

  procedure(code: string, version: number): Procedure | undefined {
    return this.latest().procedure(code, version);
  }

  /** The highest version of a procedure. */
  latestProcedure(code: string): Procedure | undefined {
    return this.latest().latestProcedure(code);
  }

  body(ipa: IpaCode): PublicBody | undefined {
    return this.latest().body(ipa);
  }

  municipality(istat: IstatCode): PublicBody | undefined {
    return this.latest().municipality(istat);
  }

  bordering(istat: IstatCode): readonly PublicBody[] {
    return this.latest().bordering(istat);
  }

  area(code: string): readonly PublicBody[] {
    return this.latest().area(code);
  }

  /** The bodies that have a node, by IPA code. */
  members(): readonly PublicBody[] {
    return this.latest().members();
  }

  /** A form's schema: the version asked for, else the one published last. */
  formSchema(namespace: string, root: string, version?: string): FormSchema | undefined {
    return this.latest().formSchema(namespace, root, version);
  }

  /**
   * A form ready to validate filings; compiled at its first use and kept. Do not dispose of it.
   * @throws HubError `FORM_NOT_REGISTERED`, `FORM_SCHEMA_INVALID`
   */
  compiledForm(namespace: string, root: string, version?: string): CompiledForm {
    const schema = this.formSchema(namespace, root, version);
    if (schema !== undefined) return this.#compiled.get(schema);
    const wanted = version === undefined ? '' : ` in version ${version}`;
    throw new HubError('FORM_NOT_REGISTERED', `no form {${namespace}}${root}${wanted} is registered`, {
      details: { namespace, root, ...(version === undefined ? {} : { version }) },
    });
  }

  #measure(metrics: Metrics): void {
    const gauge = (name: string, help: string, value: (status: RegistryStatus) => number): void => {
      const read = (): number => value(this.status());
      new Gauge({
        name: `registry_view_${name}`,
        help,
        registers: [metrics],
        collect() {
          this.set(read());
        },
      });
    };
    gauge('head', 'Number of the last registry entry here', ({ head }) => head?.number ?? 0);
    gauge('refused_records', 'Registry records refused since the start', ({ refused }) => refused);
    gauge('stale', '1 while the registry was not heard for too long', ({ staleSince }) =>
      Number(staleSince !== null),
    );
    gauge('alarm', '1 while the chain is forked or has a gap', ({ alarm }) => Number(alarm !== null));
  }

  async #waitForFirst(timeoutMs: number): Promise<void> {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      const cause = this.#follower.intake.fault;
      late.reject(
        new HubError(
          'REGISTRY_VERSION_UNKNOWN',
          `no registry within ${timeoutMs} ms, and no copy of it here`,
          {
            cause,
          },
        ),
      );
    }, timeoutMs);
    try {
      await Promise.race([this.#follower.ready, late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }
}
