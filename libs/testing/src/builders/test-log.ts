import { randomBytes } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  actionEntry,
  archivePath,
  decisionEntry,
  eventEntry,
  EXPORT_FORMAT,
  receiptEntry,
  registryEntry,
  registryPath,
  writePack,
  type ArchiveScope,
} from '#audit';
import {
  sha256Hex,
  signActions,
  signReceipts,
  verifyAction,
  verifyDecision,
  verifyEvent,
  verifyReceipt,
} from '#evidence';
import { parseRegistryEntry, type OperatorAction, type Receipt } from '#contracts';
import {
  bundlesOfGrowth,
  cosigner,
  entriesPath,
  formatBundle,
  leafHash,
  logEntry,
  noteSigner,
  signCheckpoint,
  TileEdge,
  tilePath,
  type Cosigner,
  type LogEntry,
  type NoteSigner,
} from '#tlog';
import type { DecidedEvent } from './decisions.ts';
import { cosigned } from './evidence.ts';
import type { SignedEvent } from './event.ts';
import type { TestNetwork } from './network.ts';

interface Leaf {
  readonly entry: Buffer;
  readonly signed: Buffer | null;
}

interface CopyOptions {
  /** Of how many leaves; all unless given. */
  readonly size?: number;
  /** Names of the witnesses that have cosigned. */
  readonly cosignedBy?: readonly string[];
  /** What `export.json` says; without it there is none. */
  readonly archive?: ArchiveScope;
  /** Of which leaves the documents are in it; all that there are unless given. */
  readonly has?: (index: number) => boolean;
}

/** A log of real documents, written as a copy in a folder: good, or with whatever a test puts into it. */
export class TestLog {
  readonly origin: string;
  readonly signer: NoteSigner;
  readonly leaves: Leaf[] = [];
  readonly #network: TestNetwork;
  readonly #witnesses = new Map<string, Cosigner>();

  constructor(network: TestNetwork, origin = 'log.example/test') {
    this.#network = network;
    this.origin = origin;
    this.signer = noteSigner(origin, randomBytes(32));
  }

  get vkey(): string {
    return this.signer.verifier.vkey;
  }

  /** The vkey of a witness, which is made when it is first named. */
  witness(name: string): Cosigner {
    const known = this.#witnesses.get(name) ?? cosigner(name, randomBytes(32));
    this.#witnesses.set(name, known);
    return known;
  }

  /** An event's leaf, whether or not its signer counts at the moment: that is for whoever verifies. */
  event({ bytes }: Pick<SignedEvent, 'bytes'>): this {
    return this.leaf(eventEntry(verifyEvent(bytes, this.#lenient(), this.#now())), bytes);
  }

  decision({ item }: Pick<DecidedEvent, 'item'>): this {
    return this.leaf(decisionEntry(verifyDecision(item, this.#lenient(), this.#now())), item);
  }

  /** Receipts, signed by `holder` as one batch. */
  async receipts(receipts: readonly Receipt[], holder: string): Promise<this> {
    const { items } = await signReceipts(receipts, this.#network.signerOf(holder), this.#now());
    for (const item of items)
      this.leaf(receiptEntry(verifyReceipt(item, this.#lenient(), this.#now())), item);
    return this;
  }

  async action(action: OperatorAction, holder: string): Promise<this> {
    const { items } = await signActions([action], this.#network.signerOf(holder), this.#now());
    for (const item of items) this.leaf(actionEntry(verifyAction(item, this.#lenient(), this.#now())), item);
    return this;
  }

  /** A signed entry of the registry's chain, or of none. */
  change(bytes: Buffer): this {
    return this.leaf(registryEntry(parseRegistryEntry(bytes), 'registry', sha256Hex(bytes)), bytes);
  }

  /** Any entry, true or not. */
  leaf(entry: LogEntry, signed: Buffer | null): this {
    return this.bytes(logEntry(entry).bytes, signed);
  }

  /** Any bytes as an entry. */
  bytes(entry: Buffer, signed: Buffer | null = null): this {
    this.leaves.push({ entry, signed });
    return this;
  }

  /** The signed checkpoint of the first `size` leaves. */
  checkpoint(size = this.leaves.length, cosignedBy: readonly string[] = []): Buffer {
    const edge = TileEdge.empty();
    edge.grow(this.leaves.slice(0, size).map(({ entry }) => leafHash(entry)));
    const note = signCheckpoint({ origin: this.origin, size, root: edge.root() }, this.signer);
    return cosigned(
      note,
      cosignedBy.map((name) => this.witness(name)),
      this.#now(),
    );
  }

  /** Writes a copy into the folder, in place of what is there. */
  async writeTo(folder: string, options: CopyOptions = {}): Promise<void> {
    const { size = this.leaves.length, cosignedBy, archive } = options;
    await rm(folder, { recursive: true, force: true });
    const put = async (path: string, bytes: Buffer | string): Promise<void> => {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), bytes);
    };
    for (const [path, bytes] of await this.#files(size, options.has ?? (() => true))) await put(path, bytes);
    for (const [n, entry] of this.#network.entries.entries()) await put(registryPath(n + 1), entry);
    if (archive !== undefined) {
      const documents = this.leaves
        .slice(0, size)
        .filter(({ signed }, n) => signed && (options.has?.(n) ?? true));
      const description = {
        format: EXPORT_FORMAT,
        origin: this.origin,
        size,
        madeAt: this.#now().toISOString(),
        archive: { ...archive, documents: documents.length },
      };
      await put('export.json', JSON.stringify(description));
    }
    await put('checkpoint', this.checkpoint(size, cosignedBy));
  }

  async #files(size: number, has: (index: number) => boolean): Promise<Map<string, Buffer>> {
    const files = new Map<string, Buffer>();
    const edge = TileEdge.empty();
    const hashes = this.leaves.slice(0, size).map(({ entry }) => leafHash(entry));
    for (const { tile, bytes } of edge.grow(hashes)) files.set(tilePath(tile), bytes);
    for (const bundle of bundlesOfGrowth(0, size)) {
      const from = bundle.index * 256;
      const leaves = this.leaves.slice(from, from + bundle.width);
      files.set(entriesPath(bundle), formatBundle(leaves.map(({ entry }) => entry)));
      const documents = leaves.map(({ signed }, n) => (has(from + n) ? signed : null));
      files.set(archivePath(bundle), await writePack(documents));
    }
    return files;
  }

  #now(): Date {
    return this.#network.clock.now();
  }

  /** The registry as if nothing had ever been revoked. */
  #lenient() {
    const registry = this.#network.registry;
    return {
      anchors: registry.anchors,
      external: registry.external,
      certificate: (...[fingerprint]: Parameters<typeof registry.certificate>) => {
        const listed = registry.certificate(fingerprint);
        return listed && { ...listed, revokedFrom: null, revocationReason: null };
      },
    };
  }
}
