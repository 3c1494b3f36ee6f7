import type { RegistryChange, Sha256 } from '#contracts';
import type { NetworkPki } from '#embedded';
import { sha256Hex, signRegistryEntry, signRootAcceptance, type Signer } from '#evidence';
import { systemClock, systemIds, type Clock, type IdSource } from '#platform';
import { RegistryChain, type RootOfTrust } from '#registry-chain';
import { foundingChanges, isOfEveryNetwork } from './catalogue-changes.ts';
import { ChainRegistry } from './chain-registry.ts';
import { countedIds, TestClock } from './determined.ts';
import { issuePki, listingOf, readPki, type TestHolder, type TestPki } from './pki.ts';

/** The moment at which an in-memory network stands, until its clock is moved. */
export const TEST_NOW = new Date('2026-03-04T09:00:00.000Z');
const DAY_MS = 86_400_000;
const VALIDITY = {
  notBefore: new Date(TEST_NOW.getTime() - 60 * DAY_MS),
  notAfter: new Date(TEST_NOW.getTime() + 600 * DAY_MS),
};

/** Who holds a certificate in an in-memory network. */
export const HOLDERS: readonly TestHolder[] = [
  { holder: 'registry', role: 'registry' },
  { holder: 'router-1', role: 'router' },
  { holder: 'auditor', role: 'auditor' },
  { holder: 'c_d150', role: 'authority' },
  { holder: 'p_cr', role: 'authority' },
  { holder: 'c_d142', role: 'authority' },
  { holder: 'c_b898', role: 'authority' },
];

/** A founded network with real keys: its registry's chain is signed, and verified as a node would verify it. */
export class TestNetwork {
  /** Signed registry entries, from the first. */
  readonly entries: Buffer[] = [];
  readonly registry: ChainRegistry;
  readonly #chain: RegistryChain;
  readonly #pki: TestPki;

  constructor(
    pki: TestPki,
    readonly clock: Clock,
    readonly ids: IdSource,
  ) {
    this.#pki = pki;
    this.#chain = new RegistryChain(pki.root);
    this.registry = new ChainRegistry(this.#chain);
  }

  get root(): RootOfTrust {
    return this.#pki.root;
  }

  /** The signing key of `registry`, `router-1`, `auditor` or a member. */
  signerOf(holder: string): Signer {
    const signer = this.#pki.signers.get(holder);
    if (signer === undefined) throw new Error(`the test network has no holder ${holder}`);
    return signer;
  }

  /** Signs the next registry entry without adopting it: what a node that is behind has not heard of. */
  async announce(change: RegistryChange): Promise<Buffer> {
    const { head } = this.#chain;
    const at = this.clock.now();
    return await signRegistryEntry(
      {
        version: '1.0',
        number: (head?.number ?? 0) + 1,
        previous: head?.digest ?? null,
        time: at.toISOString(),
        change,
      },
      this.signerOf('registry'),
      at,
    );
  }

  /** Verifies an entry and takes it into the chain. */
  adopt(entry: Buffer): void {
    const adoption = this.#chain.append(entry);
    if (adoption !== 'adopted') throw new Error(`entry ${sha256Hex(entry)} was not adopted: ${adoption}`);
    this.entries.push(entry);
  }

  /** Signs, verifies and adopts the next registry entry. */
  async publish(change: RegistryChange): Promise<Buffer> {
    const entry = await this.announce(change);
    this.adopt(entry);
    return entry;
  }

  /** Gives a holder its next key: issued, published, and what it signs with from now on. */
  async rotate(holder: string): Promise<void> {
    const signer = await this.#pki.renew(holder, VALIDITY);
    await this.publish({ kind: 'certificate.published', certificate: listingOf(signer) });
    this.#pki.signers.set(holder, signer);
  }

  /**
   * Puts a new root in the place of the one in force, by an entry signed under both; the registry signs under it from then on.
   * @returns the fingerprint of the new root
   */
  async rotateRoot(): Promise<Sha256> {
    const { network } = this.#chain.latest();
    const { head } = this.#chain;
    if (network === undefined || head === null) throw new Error('the test network is not founded');
    const oldRoot = this.#chain.root;
    const { root, newWithOld, registry } = await this.#pki.succeed(VALIDITY);
    const newRoot = sha256Hex(Buffer.from(root, 'base64'));
    const at = this.clock.now();
    const named = { number: head.number + 1, previous: head.digest, oldRoot, newRoot };
    const acceptance = await signRootAcceptance(
      { version: '1.0', network, ...named, time: at.toISOString() },
      registry,
      at,
    );
    await this.publish({
      ...{ kind: 'root.rotated', root, newWithOld, certificate: listingOf(registry) },
      acceptance: acceptance.toString('base64'),
    });
    this.#pki.signers.set('registry', registry);
    return newRoot;
  }

  /** Revokes a holder's certificate from `from` on. */
  async revoke(
    holder: string,
    from: Date,
    reason: 'key-compromise' | 'superseded' = 'key-compromise',
  ): Promise<void> {
    await this.publish({
      kind: 'certificate.revoked',
      fingerprint: this.signerOf(holder).certificate.fingerprint,
      revokedFrom: from.toISOString(),
      reason,
    });
  }
}

/** Says what the network to be founded is like; see {@link aNetwork}. */
export class NetworkBuilder {
  #pki: NetworkPki | undefined;
  #nodeUrls: Readonly<Record<string, string>> = {};
  #without: (change: RegistryChange) => boolean = () => false;
  #clock: Clock | undefined;
  #ids: IdSource | undefined;

  /** With the certificates of the real broker's network (`inject('kafka').pki`), at the machine's time. */
  withPki(pki: NetworkPki): this {
    this.#pki = pki;
    return this;
  }

  /** Where the members' nodes serve documents, by IPA code. */
  withNodeUrls(urls: Readonly<Record<string, string>>): this {
    this.#nodeUrls = urls;
    return this;
  }

  /** Leaves entries out: they can be published later. */
  without(left: (change: RegistryChange) => boolean): this {
    this.#without = left;
    return this;
  }

  /**
   * With the procedure of a practice that names none, and nothing that other procedures need: fourteen entries, a third of the
   * time for whoever verifies the registry's chain again in every test.
   */
  small(): this {
    return this.without((change) => !isOfEveryNetwork(change));
  }

  at(clock: Clock): this {
    this.#clock = clock;
    return this;
  }

  /** With these ids, where how much there is in one matters; counted ones if nothing is said. */
  withIds(ids: IdSource): this {
    this.#ids = ids;
    return this;
  }

  /** Signs the founding entries. */
  async founded(): Promise<TestNetwork> {
    const real = this.#pki !== undefined;
    const pki = this.#pki === undefined ? await issuePki(HOLDERS, VALIDITY) : readPki(this.#pki);
    const clock = this.#clock ?? (real ? systemClock : new TestClock(TEST_NOW));
    const network = new TestNetwork(pki, clock, this.#ids ?? (real ? systemIds : countedIds()));
    for (const change of foundingChanges(pki, this.#nodeUrls)) {
      if (!this.#without(change)) await network.publish(change);
    }
    return network;
  }
}

/** A network as `npm start` has it: the catalogue of Cremona, four members, a router, an auditor. */
export function aNetwork(): NetworkBuilder {
  return new NetworkBuilder();
}
