/** What a container of evidence is made of, as a copy of the log has it: nobody else is asked. */
import { parseRegistryEntry, parseSha256, type Sha256 } from '#contracts';
import { HubError } from '#errors';
import {
  openCheckpoint,
  parseVkey,
  parseWitnessVkey,
  readLogEntry,
  VerifiedTiles,
  TILE_WIDTH,
  type LogEntry,
  type ReadLogFile,
  type TreeHead,
} from '#tlog';
import { entriesInCopy } from '../copy/entries-in-copy.ts';
import { readRecords } from '../copy/records.ts';
import { readEvidenceDocument } from './evidence-document.ts';
import type { EvidenceSource, SourceLeaf, SourceWitness } from './evidence-source.ts';
import { RegistrySelection } from './registry-part.ts';

/** A copy whose checkpoint is signed by the log's key and whose registry stands under the root: whoever opens it has seen to both. */
export interface EvidenceCopy {
  readonly read: ReadLogFile;
  readonly head: TreeHead;
  /** The checkpoint that `head` is of. */
  readonly note: Buffer;
  /** The log's vkey. */
  readonly logKey: string;
  /** The signed entries of the registry's chain, from the first. */
  readonly registryEntries: readonly Buffer[];
  readonly registry: { readonly head: EvidenceSource['registryHead'] | null };
}

type Practice = EvidenceSource['practice'];

const KEY_STATED = '"type":"witness.key-published"';

/**
 * Gathers what the copy has of a practice: every entry has to lead to the signed root, so none was left out of it.
 * @param onProgress told of how many entries were read
 * @throws HubError `LOG_TILE_INVALID`, `LOG_TILE_MISSING`, `REGISTRY_VERSION_UNKNOWN`; the source's `documents`
 *   `ARCHIVE_NOT_FOUND` for what the copy does not have
 */
export async function copySource(
  copy: EvidenceCopy,
  practice: Practice,
  onProgress?: (done: number) => void,
): Promise<EvidenceSource> {
  const { read, head, logKey, registryEntries } = copy;
  const registryHead = copy.registry.head;
  if (registryHead === null)
    throw new HubError('REGISTRY_VERSION_UNKNOWN', 'no entry of the registry is in the copy');
  const found = await gather(copy, practice, onProgress);
  const indexes = new Map(found.leaves.map(({ index, leaf }) => [parseSha256(leaf.sha256), index]));
  const tiles = await VerifiedTiles.open(head, read);
  const witnesses = await witnessesOf(copy, found.statements);
  return {
    practice,
    made: 'from-copy',
    checkpoint: { ...head, note: copy.note, witnessed: isWitnessed(copy, witnesses) },
    logKey,
    witnesses,
    leaves: found.leaves,
    registryHead,
    documents: (digests) => documentsOf(copy, indexes, digests),
    proofs: (asked) => Promise.all(asked.map((index) => tiles.inclusionProof(index))),
    registry: async function* (question) {
      const selection = question === null ? null : new RegistrySelection(question);
      for (const bytes of await Promise.resolve(registryEntries))
        if (selection?.takes(parseRegistryEntry(bytes).change) !== false) yield bytes;
    },
  };
}

interface ReadLeaf extends SourceLeaf {
  readonly leaf: LogEntry;
}

/** The leaves of the practice, and those by which witnesses have stated their keys. */
async function gather(
  { read, head }: EvidenceCopy,
  { owner, uuid }: Practice,
  onProgress: ((done: number) => void) | undefined,
): Promise<{ readonly leaves: readonly ReadLeaf[]; readonly statements: readonly number[] }> {
  const leaves: ReadLeaf[] = [];
  const statements: number[] = [];
  for await (const { index, entry } of entriesInCopy(read, head, onProgress)) {
    const isStatement = entry.includes(KEY_STATED);
    if (!isStatement && !entry.includes(uuid)) continue;
    const leaf = readLogEntry(entry);
    if (isStatement && leaf.kind === 'action') statements.push(index);
    if (leaf.practice?.uuid === uuid && leaf.practice.owner.toLowerCase() === owner.toLowerCase())
      leaves.push({ index, entry, leaf });
  }
  return { leaves, statements };
}

/** @throws HubError `ARCHIVE_NOT_FOUND` */
async function documentsOf(
  { read, head }: EvidenceCopy,
  indexes: ReadonlyMap<Sha256, number>,
  digests: readonly Sha256[],
): Promise<ReadonlyMap<Sha256, Buffer>> {
  const wanted = new Map(digests.map((digest) => [indexes.get(digest) ?? -1, digest]));
  const documents = new Map<Sha256, Buffer>();
  // A pack is unfolded once for all that is wanted of it.
  for (const places of Map.groupBy(wanted.keys(), (index) => Math.floor(index / TILE_WIDTH)).values()) {
    const range = { from: Math.min(...places), to: Math.max(...places) + 1, size: head.size };
    for await (const { index, signed } of readRecords(read, range)) {
      const digest = wanted.get(index);
      if (digest !== undefined && signed !== null) documents.set(digest, signed);
    }
  }
  const missing = digests.find((digest) => !documents.has(digest));
  if (missing === undefined) return documents;
  throw new HubError(
    'ARCHIVE_NOT_FOUND',
    `this copy does not have the document ${missing} of the practice: export the practice with its archive`,
  );
}

/** Whose seal vouches for which key; of one key the newest statement. */
async function witnessesOf(
  { read, head }: EvidenceCopy,
  statements: readonly number[],
): Promise<readonly SourceWitness[]> {
  const witnesses = new Map<string, SourceWitness>();
  for (const from of statements) {
    for await (const { index, signed } of readRecords(read, { from, to: from + 1, size: head.size })) {
      if (signed === null) continue;
      const document = readEvidenceDocument('action', { file: '', index }, signed);
      if (document.kind !== 'action') continue;
      const { node: holder, details } = document.action;
      const vkey = details.find(({ name }) => name === 'vkey')?.value;
      if (vkey !== undefined) witnesses.set(vkey, { holder, vkey, statement: signed });
    }
  }
  return [...witnesses.values()];
}

/** As `audit verify` counts, too: more than half of the witnesses that the copy knows. */
function isWitnessed({ note, logKey }: EvidenceCopy, witnesses: readonly SourceWitness[]): boolean {
  const key = parseVkey(logKey);
  const keys = witnesses.map(({ vkey }) => parseWitnessVkey(vkey));
  const { cosignatures } = openCheckpoint(note, { origin: key.name, keys: [key] }, keys);
  const known = new Set(witnesses.map(({ holder }) => holder)).size;
  return cosignatures.length * 2 > known;
}
