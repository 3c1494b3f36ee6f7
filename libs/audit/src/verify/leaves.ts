/** Reads a bundle's leaves with their documents, in slices that fit into memory whatever it holds. */
import { HubError } from '#errors';
import { sha256Hex } from '#evidence';
import { readLogEntry, TILE_WIDTH, type LogEntry } from '#tlog';
import { signedBytes, type FoundPack } from '../copy/records.ts';
import type { Findings } from './findings.ts';

/** A slice has no more documents than this, bytes, and one. */
const SLICE_BYTES = 2_097_152;

/** A leaf of known shape, with its document if the copy has the right one. */
export interface ReadLeaf {
  readonly index: number;
  readonly entry: Buffer;
  readonly leaf: LogEntry;
  readonly signed: Buffer | null;
}

export interface Slice {
  readonly leaves: readonly ReadLeaf[];
  readonly bytes: number;
}

/** Of a run, by kind: how many leaves, and how many of them with their documents. */
export interface LeafCounts {
  readonly leaves: Record<string, number>;
  documents: number;
}

/** Entries of one bundle, with its documents as they lie there. */
export interface BundleToRead {
  /** Index of the first entry. */
  readonly from: number;
  readonly entries: readonly Buffer[];
  /** Undefined where the copy has no document of the bundle. */
  readonly pack: FoundPack | undefined;
  /** True if the copy says that it has every document: then one that is missing is a finding. */
  readonly hasEverything: boolean;
}

/** What is told on the way. */
export interface ToldOfLeaves {
  readonly findings: Findings;
  readonly counts: LeafCounts;
}

/** The leaves of one bundle. What is no entry, or no document of its entry, is a finding, and the others go on. */
export async function* leavesOf(
  { from, entries, pack, hasEverything }: BundleToRead,
  { findings, counts }: ToldOfLeaves,
): AsyncGenerator<Slice> {
  const bundle = { index: Math.floor(from / TILE_WIDTH), width: (from % TILE_WIDTH) + entries.length };
  const documents = new Documents(signedBytes(bundle, pack, { atOnce: true }), findings);
  // A log that goes on within a bundle: the documents before that were read another time.
  for (let before = 0; before < from % TILE_WIDTH; before += 1) await documents.next(from);
  let leaves: ReadLeaf[] = [];
  let bytes = 0;
  for (const [i, entry] of entries.entries()) {
    const index = from + i;
    const found = await documents.next(index);
    const leaf = readLeaf(index, entry, findings);
    if (leaf === null) continue;
    counts.leaves[leaf.kind] = (counts.leaves[leaf.kind] ?? 0) + 1;
    if (found === null && documents.areWhole) {
      if (hasEverything)
        findings.add('documents', 'AUDIT_BYTES_MISSING', index, `the copy lacks ${leaf.sha256}`);
      else findings.note('document-not-in-copy', index);
    }
    const signed = rightDocument(index, leaf, found, findings);
    if (signed !== null) counts.documents += 1;
    leaves.push({ index, entry, leaf, signed });
    bytes += signed?.length ?? 0;
    if (bytes < SLICE_BYTES) continue;
    yield { leaves, bytes };
    [leaves, bytes] = [[], 0];
  }
  await documents.end(from);
  yield { leaves, bytes };
}

/** The documents of a pack one by one; none any more from where the pack is broken, which is one finding. */
class Documents {
  readonly #documents: AsyncGenerator<Buffer | null>;
  readonly #findings: Findings;
  areWhole = true;

  constructor(documents: AsyncGenerator<Buffer | null>, findings: Findings) {
    this.#documents = documents;
    this.#findings = findings;
  }

  async next(index: number): Promise<Buffer | null> {
    if (!this.areWhole) return null;
    try {
      const next = await this.#documents.next();
      return next.done === true ? null : next.value;
    } catch (error) {
      if (!(error instanceof HubError) || error.code !== 'LOG_PACK_MALFORMED') throw error;
      this.areWhole = false;
      this.#findings.caught('documents', error, index);
      return null;
    }
  }

  /** Reads behind the last one: what is there should not be. */
  async end(index: number): Promise<void> {
    await this.next(index);
  }
}

function readLeaf(index: number, entry: Buffer, findings: Findings): LogEntry | null {
  try {
    return readLogEntry(entry);
  } catch (error) {
    findings.caught('entries', error, index);
    return null;
  }
}

function rightDocument(
  index: number,
  leaf: LogEntry,
  signed: Buffer | null,
  findings: Findings,
): Buffer | null {
  if (signed === null) return null;
  const digest = sha256Hex(signed);
  if (digest === leaf.sha256) return signed;
  const message = `the entry stands for bytes with SHA-256 ${leaf.sha256}, the archive has ${digest}`;
  findings.add('documents', 'LOG_BYTES_DIFFER', index, message);
  return null;
}
