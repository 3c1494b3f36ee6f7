import {
  parseSha256,
  registryEntryHeaders,
  topics,
  type RegistryChange,
  type RegistryEntry,
  type RegistryVersion,
  type Sha256,
} from '#contracts';
import { HubError } from '#errors';
import { sha256Hex, signRegistryEntry, type Signer } from '#evidence';
import { appendOutbox, type Tx, type UnitOfWork } from '#persistence';
import type { Clock } from '#platform';
import type { Roots } from '../roots/roots.ts';
import { RegistryChain, type RegistryAtVersion, type RootOfTrust } from '#registry-chain';
import { takeUp, type TakenUp } from './take-up.ts';

export interface LedgerSettings {
  readonly work: UnitOfWork;
  readonly roots: Pick<Roots, 'signerUnder'>;
  readonly root: RootOfTrust;
  readonly clock: Clock;
  /** Where entries are published; `registry.state` unless given. */
  readonly topic?: string;
}

/** An entry as stored and published. */
export interface StoredEntry {
  readonly number: number;
  readonly digest: Sha256;
  /** The signed bytes. */
  readonly bytes: Buffer;
}

export interface PublishedEntry extends StoredEntry {
  readonly change: RegistryChange;
}

/** The place of the entry that comes next, under the lock. */
export interface NextPlace {
  readonly number: number;
  /** Digest of the entry before; null for the first. */
  readonly previous: Sha256 | null;
  /** The entry will not be dated before this. */
  readonly time: string;
  /** SHA-256 of the root in force. */
  readonly root: Sha256;
}

/** Decides what to publish, looking at the registry as it is under the lock. Must have no other effect. */
export type ChangePlan = (
  current: RegistryAtVersion,
  next: NextPlace,
) => readonly RegistryChange[] | Promise<readonly RegistryChange[]>;

/**
 * The registry's chain where it is written: each entry is signed once, stored signed, and put into the outbox in the
 * same transaction. A lock on the table gives numbers without gaps; every entry passes, before it is committed, the
 * same checks that each reader makes.
 */
export class RegistryLedger {
  readonly #settings: LedgerSettings;
  #chain: RegistryChain;
  /** The last entry that is committed: the chain in memory may be ahead during a transaction. */
  #committed = 0;

  constructor(settings: LedgerSettings) {
    this.#settings = settings;
    this.#chain = new RegistryChain(settings.root);
  }

  /**
   * Reads what is stored.
   * @throws HubError `REGISTRY_ROOT_REFUSED`, `REGISTRY_ENTRY_REFUSED`, `REGISTRY_FORKED` if it is no chain of this root
   */
  async open(): Promise<void> {
    this.#committed = await this.#settings.work.run(async (tx) => await this.#follow(tx));
  }

  /** The registry after the last committed entry. */
  current(): RegistryAtVersion {
    return this.#chain.at(this.#committed);
  }

  /** Who signs for the registry now: the one under the root in force. */
  get signer(): Signer {
    return this.#settings.roots.signerUnder(this.#chain.root);
  }

  /** SHA-256 of the root in force. */
  get root(): Sha256 {
    return this.#chain.root;
  }

  /** The last committed entry; null while there is none. */
  get latest(): RegistryVersion | null {
    const digest = this.#chain.digestOf(this.#committed);
    return digest === undefined ? null : { number: this.#committed, digest };
  }

  /** @throws HubError `REGISTRY_ENTRY_NOT_FOUND` while there is no entry */
  head(): RegistryVersion {
    const { latest } = this;
    if (latest !== null) return latest;
    throw new HubError('REGISTRY_ENTRY_NOT_FOUND', 'the registry has no entry yet');
  }

  /**
   * Publishes the changes that `plan` asks for, all or none.
   * @throws what `plan` throws; HubError `REGISTRY_ENTRY_REFUSED` for a change that no reader would adopt
   */
  async publish(plan: ChangePlan): Promise<readonly PublishedEntry[]> {
    const published = await this.#settings.work.run(async (tx) => {
      const last = await this.#lock(tx);
      return await this.#append(tx, await plan(this.#chain.at(last), this.#nextPlace()));
    });
    this.#committed = Math.max(this.#committed, published.at(-1)?.number ?? 0);
    return published;
  }

  /**
   * Takes up entries that were published and are not stored, as they were signed: each must be the next one of this chain.
   * Nothing is published: it was.
   * @throws HubError `REGISTRY_FORKED` if one contradicts what is stored, `REGISTRY_ROOT_REFUSED` if it is of another
   *   network; all or none are stored
   */
  async adopt(published: readonly Buffer[]): Promise<TakenUp> {
    const taken = await this.#settings.work.run(async (tx) => {
      await this.#lock(tx);
      const found = takeUp(this.#chain, published);
      for (const { entry, bytes, digest } of found.entries) await insertEntry(tx, entry, { bytes, digest });
      return found;
    });
    this.#committed = Math.max(this.#committed, taken.entries.at(-1)?.entry.number ?? 0);
    return taken;
  }

  /** Verifies a heartbeat and compares it with the chain. @throws HubError `REGISTRY_ENTRY_REFUSED`, `REGISTRY_FORKED` */
  checkHeartbeat(bytes: Buffer): RegistryVersion {
    return this.#chain.checkHeartbeat(bytes).head;
  }

  /** True if all that was taken up stands under another root than the configured one. */
  get isForeign(): boolean {
    return this.#chain.isForeign;
  }

  /** Stored entries behind number `after`, in order. */
  async entries(after: number, limit: number): Promise<readonly StoredEntry[]> {
    return await this.#settings.work.run((tx) => readEntries(tx, after, limit));
  }

  /** @throws HubError `REGISTRY_ENTRY_NOT_FOUND` */
  async entry(number: number): Promise<StoredEntry> {
    const [found] = await this.entries(number - 1, 1);
    if (found?.number === number) return found;
    throw new HubError('REGISTRY_ENTRY_NOT_FOUND', `there is no entry ${number}`);
  }

  /** Keeps every other writer out until the transaction ends; answers the last number. */
  async #lock(tx: Tx): Promise<number> {
    await tx.query('lock table registry_entry in share row exclusive mode');
    return await this.#follow(tx);
  }

  /** Brings the chain in memory to what is committed; answers the last number. */
  async #follow(tx: Tx): Promise<number> {
    const { head } = this.#chain;
    // A transaction that was rolled back has left entries in memory that never came to be.
    const [own] = head === null ? [] : await readEntries(tx, head.number - 1, 1);
    const holds = head === null || own?.digest === head.digest;
    const entries = await readEntries(tx, holds ? (head?.number ?? 0) : 0);
    if (!holds) this.#chain = new RegistryChain(this.#settings.root);
    for (const { bytes } of entries) this.#chain.append(bytes);
    return this.#chain.head?.number ?? 0;
  }

  async #append(tx: Tx, changes: readonly RegistryChange[]): Promise<PublishedEntry[]> {
    const published: PublishedEntry[] = [];
    const { topic = topics.registryState } = this.#settings;
    for (const change of changes) {
      const entry = this.#next(change);
      const bytes = await signRegistryEntry(entry, this.signer, new Date(entry.time));
      this.#chain.append(bytes);
      const digest = sha256Hex(bytes);
      await insertEntry(tx, entry, { bytes, digest });
      await appendOutbox(tx, [
        { topics: [topic], key: String(entry.number), value: bytes, headers: registryEntryHeaders(entry) },
      ]);
      published.push({ number: entry.number, digest, bytes, change });
    }
    return published;
  }

  /** The next entry, unsigned. */
  #next(change: RegistryChange): RegistryEntry {
    const { number, previous, time } = this.#nextPlace();
    return { version: '1.0', number, previous, time, change };
  }

  /** Its time never goes back, even if the clock does. */
  #nextPlace(): NextPlace {
    const { head, lastTime, root } = this.#chain;
    const now = this.#settings.clock.now().toISOString();
    return {
      number: (head?.number ?? 0) + 1,
      previous: head?.digest ?? null,
      time: now < lastTime ? lastTime : now,
      root,
    };
  }
}

async function insertEntry(
  tx: Tx,
  { number, change, time }: RegistryEntry,
  { bytes, digest }: Pick<StoredEntry, 'bytes' | 'digest'>,
): Promise<void> {
  await tx.query(
    'insert into registry_entry (number, kind, time, bytes, digest) values ($1, $2, $3, $4, $5)',
    [number, change.kind, time, bytes, digest],
  );
}

async function readEntries(tx: Tx, after: number, limit?: number): Promise<StoredEntry[]> {
  const rows = await tx.query<{ number: string; digest: string; bytes: Buffer }>(
    'select number, digest, bytes from registry_entry where number > $1 order by number limit $2',
    [after, limit ?? null],
  );
  return rows.map((row) => ({
    number: Number(row.number),
    digest: parseSha256(row.digest),
    bytes: row.bytes,
  }));
}
