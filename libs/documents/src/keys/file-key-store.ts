import { join } from 'node:path';

import { HubError } from '#errors';
import { systemClock, systemIds, type Clock, type IdSource } from '#platform';

import { KeyFiles } from './key-files.ts';
import { formatRecord, parseRecord, type KeyRecord } from './key-record.ts';
import type { MasterKey } from './master-key.ts';
import type { KeyedPractice, PracticeKey, PracticeKeys } from './practice-keys.ts';

export interface FileKeyStoreOptions {
  /** Folder of the keys, made if need be. It lies elsewhere than the documents, and is copied otherwise than they are. */
  readonly root: string;
  readonly master: MasterKey;
  readonly ids?: IdSource;
  readonly clock?: Clock;
}

/** By whose decision a key is destroyed. */
export interface Destruction {
  readonly at: Date;
  /** Id of the request that two have approved. */
  readonly request: string;
  /** Only this key (32 hexadecimal digits), which was destroyed before: an older copy of the folder has brought it back. */
  readonly only?: string;
}

/** What `rewrap` has done. */
export interface Rewrapped {
  /** Keys that the present master key wraps now, and an earlier one did before. */
  readonly rewrapped: number;
  /** Keys that do not open: their master key is not known here. */
  readonly failed: number;
}

/** Keys that are remembered, and for how long, milliseconds: another process may destroy one meanwhile. */
const REMEMBERED = 4_096;
const REMEMBERED_MS = 30_000;
const KEY_ID_BYTES = 16;
const KEY_BYTES = 32;
const STORE_FILE = 'store-id';

interface Remembered {
  readonly key: PracticeKey;
  readonly until: number;
}

/**
 * The keys of practices as files of a folder of their own, a file each, wrapped by the master key. They are in no
 * database: restoring one from a copy neither loses a key nor brings a destroyed one back.
 */
export class FileKeyStore implements PracticeKeys {
  readonly #root: string;
  readonly #files: KeyFiles;
  readonly #master: MasterKey;
  readonly #ids: IdSource;
  readonly #clock: Clock;
  readonly #remembered = new Map<string, Remembered>();
  /** Keys that are being made or read, so that documents of one practice that come together make one. */
  readonly #underWay = new Map<string, Promise<PracticeKey>>();

  constructor({ root, master, ids = systemIds, clock = systemClock }: FileKeyStoreOptions) {
    this.#root = root;
    this.#files = new KeyFiles(join(root, 'practices'), ids);
    this.#master = master;
    this.#ids = ids;
    this.#clock = clock;
  }

  async identity(): Promise<string> {
    const path = join(this.#root, STORE_FILE);
    const known = await this.#files.read(path);
    if (known !== undefined) return known.trim();
    await this.#files.create(path, `${this.#ids.uuid()}\n`);
    return ((await this.#files.read(path)) ?? '').trim();
  }

  /** Looks at the file each time: what is sealed with a key that another process has destroyed is lost. */
  async sealing(practice: KeyedPractice): Promise<PracticeKey> {
    return this.#once(practice, async (path) => {
      const known = await this.#record(path);
      if (known === undefined || known.key === null) return this.#make(practice, path, known);
      const remembered = this.#recall(path);
      const isSame = remembered?.id.toString('hex') === known.key.id;
      return isSame ? remembered : this.#unwrap(practice, known.key);
    });
  }

  async opening(practice: KeyedPractice, id: Buffer): Promise<PracticeKey> {
    const remembered = this.#recall(this.#files.path(practice));
    if (remembered?.id.equals(id) === true) return remembered;
    const path = this.#files.path(practice);
    const known = await this.#record(path);
    const hex = id.toString('hex');
    if (known?.key?.id === hex) return this.#remember(path, await this.#unwrap(practice, known.key));
    const gone = known?.destroyed.find((each) => each.id === hex);
    if (gone === undefined)
      throw new HubError('DOCUMENT_KEY_MISSING', `practice ${practice.practice} has no key ${hex} here`);
    throw destroyed(practice, gone.at);
  }

  async refuseDestroyed(practice: KeyedPractice): Promise<void> {
    const known = await this.#record(this.#files.path(practice));
    const last = known?.key === null ? known.destroyed.at(-1) : undefined;
    if (last !== undefined) throw destroyed(practice, last.at);
  }

  /** Whether a key of the practice was destroyed for this request: then it has begun, and has to be ended. */
  async isBegun(practice: KeyedPractice, request: string): Promise<boolean> {
    const known = await this.#record(this.#files.path(practice));
    return known?.destroyed.some((each) => each.request === request) ?? false;
  }

  /**
   * Destroys the key of a practice for good. Doing it again changes nothing, and leaves a key that the practice has got
   * since.
   *
   * @returns its id, 32 hexadecimal digits; null if there was none
   * @throws HubError `DISK_FULL`, `DOCUMENT_STORE_FAILED`: then it is there as before
   */
  async destroy(practice: KeyedPractice, { at, request, only }: Destruction): Promise<string | null> {
    const path = this.#files.path(practice);
    await this.#files.finish(path);
    const known = await this.#record(path);
    this.#remembered.delete(path);
    if (known === undefined) return null;
    const done = known.destroyed.find((each) => each.request === request);
    if (done !== undefined) return done.id;
    if (known.key === null || (only !== undefined && known.key.id !== only)) return null;
    const gone = { id: known.key.id, at: at.toISOString(), request };
    await this.#files.replace(path, formatRecord({ key: null, destroyed: [...known.destroyed, gone] }));
    return gone.id;
  }

  /**
   * Wraps with the present master key what an earlier one has wrapped, so that the earlier one can be destroyed. A key
   * that was destroyed meanwhile stays so.
   */
  async rewrap(pace: () => Promise<void>): Promise<Rewrapped> {
    let [rewrapped, failed] = [0, 0];
    for await (const practice of this.#files.practices(this.#clock.now())) {
      try {
        if (await this.#rewrapOne(practice)) rewrapped += 1;
      } catch (error) {
        if (!(error instanceof HubError) || error.code !== 'DOCUMENT_KEY_MISSING') throw error;
        failed += 1;
      }
      await pace();
    }
    return { rewrapped, failed };
  }

  async #rewrapOne(practice: KeyedPractice): Promise<boolean> {
    const path = this.#files.path(practice);
    const text = await this.#files.read(path);
    const known = text === undefined ? undefined : parseRecord(text, path);
    if (known === undefined || known.key === null || known.key.master === this.#master.id) return false;
    const { key, id } = await this.#unwrap(practice, known.key);
    const record = formatRecord({ ...known, key: await this.#wrap(practice, id, key) });
    if ((await this.#files.read(path)) !== text) return false;
    await this.#files.replace(path, record);
    return true;
  }

  async #make(practice: KeyedPractice, path: string, known: KeyRecord | undefined): Promise<PracticeKey> {
    const made = { id: this.#ids.bytes(KEY_ID_BYTES), key: this.#ids.bytes(KEY_BYTES) };
    const key = await this.#wrap(practice, made.id, made.key);
    const record = formatRecord({ key, destroyed: known?.destroyed ?? [] });
    if (known !== undefined) {
      // The practice was opened again after its key had been destroyed: what comes now is another archive's matter.
      await this.#files.replace(path, record);
      return made;
    }
    if (await this.#files.create(path, record)) return made;
    const theirs = await this.#record(path);
    if (theirs !== undefined && theirs.key !== null) return this.#unwrap(practice, theirs.key);
    throw destroyed(practice, theirs?.destroyed.at(-1)?.at ?? 'this moment');
  }

  async #wrap(practice: KeyedPractice, id: Buffer, key: Buffer): Promise<NonNullable<KeyRecord['key']>> {
    const { master, wrapped } = await this.#master.wrap(key, contextOf(practice, id));
    return { id: id.toString('hex'), master, wrapped: wrapped.toString('base64') };
  }

  async #unwrap(practice: KeyedPractice, key: NonNullable<KeyRecord['key']>): Promise<PracticeKey> {
    const id = Buffer.from(key.id, 'hex');
    const wrapped = { master: key.master, wrapped: Buffer.from(key.wrapped, 'base64') };
    return { id, key: await this.#master.unwrap(wrapped, contextOf(practice, id)) };
  }

  async #record(path: string): Promise<KeyRecord | undefined> {
    const text = await this.#files.read(path);
    return text === undefined ? undefined : parseRecord(text, path);
  }

  async #once(practice: KeyedPractice, find: (path: string) => Promise<PracticeKey>): Promise<PracticeKey> {
    const path = this.#files.path(practice);
    const underWay = this.#underWay.get(path);
    if (underWay !== undefined) return underWay;
    const finding = find(path).then((key) => this.#remember(path, key));
    this.#underWay.set(path, finding);
    try {
      return await finding;
    } finally {
      this.#underWay.delete(path);
    }
  }

  #recall(path: string): PracticeKey | undefined {
    const found = this.#remembered.get(path);
    if (found === undefined || found.until > performance.now()) return found?.key;
    this.#remembered.delete(path);
    return undefined;
  }

  #remember(path: string, key: PracticeKey): PracticeKey {
    this.#remembered.delete(path);
    this.#remembered.set(path, { key, until: performance.now() + REMEMBERED_MS });
    const oldest = this.#remembered.keys().next().value;
    if (this.#remembered.size > REMEMBERED && oldest !== undefined) this.#remembered.delete(oldest);
    return key;
  }
}

/** What a wrapped key is bound to. */
function contextOf({ owner, practice }: KeyedPractice, id: Buffer): string {
  return ['reset-hub/practice-key/1', owner.toLowerCase(), practice, id.toString('hex')].join('\n');
}

function destroyed({ practice }: KeyedPractice, at: string): HubError {
  const message = `the key of practice ${practice} was destroyed at ${at}: its retention period had ended`;
  return new HubError('DOCUMENT_DESTROYED', message, { details: { at } });
}
