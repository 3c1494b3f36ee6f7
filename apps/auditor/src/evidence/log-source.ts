/** What a container is made of, as the auditor's tables have it. Each read is a transaction of its own: a reader may be slow. */
import {
  RegistrySelection,
  type EvidenceSource,
  type ProvingCheckpoint,
  type RegistryQuestion,
} from '#audit';
import { parseRegistryEntry, parseSha256, type RegistryVersion, type Sha256 } from '#contracts';
import { HubError } from '#errors';
import { sha256Hex } from '#evidence';
import type { Tx } from '#persistence';
import { inclusionAddresses, inclusionProof, TILE_WIDTH } from '#tlog';
import { damaged } from '../archive/archived-leaf.ts';
import { findSigned, type FoundSigned } from '../archive/find-signed.ts';
import { loadPack, unpack } from '../archive/load-signed-bytes.ts';
import { loadHashes } from '../log/node-hashes.ts';
import type { EvidenceParts } from './evidence-parts.ts';

/** Entries of the registry that are read at once: some have almost a megabyte. */
const ENTRIES_AT_ONCE = 8;

/** What was found before the first byte is given out. */
export type GrantedEvidence = Pick<
  EvidenceSource,
  'practice' | 'checkpoint' | 'leaves' | 'witnesses' | 'registryHead'
>;

export function logSource(granted: GrantedEvidence, parts: EvidenceParts): EvidenceSource {
  const { work, logKey } = parts;
  const { checkpoint, registryHead } = granted;
  return {
    ...granted,
    logKey,
    documents: (digests) => work.read((tx) => loadDocuments(tx, digests)),
    proofs: (indexes) => work.run((tx) => proofsOf(tx, indexes, checkpoint)),
    registry: (question) => registryEntries(parts, registryHead, question),
  };
}

/** @throws HubError `ARCHIVE_NOT_FOUND`, `LOG_STATE_DAMAGED` */
async function loadDocuments(tx: Tx, digests: readonly Sha256[]): Promise<ReadonlyMap<Sha256, Buffer>> {
  const found = await findSigned(tx, digests);
  const rows = await tx.query<{ sha256: string; bytes: Buffer }>(
    `select encode(sha256, 'hex') as sha256, bytes from archived
     where sha256 in (select decode(d, 'hex') from unnest($1::text[]) as d)`,
    [found.filter(({ pack }) => pack === null).map(({ sha256 }) => sha256)],
  );
  const documents = new Map(rows.map(({ sha256, bytes }) => [parseSha256(sha256), bytes]));
  for (const [pack, items] of Map.groupBy(found.filter(isPacked), (each) => each.pack)) {
    const bytes = await loadPack(tx, pack);
    if (bytes === undefined) throw damaged(`pack ${pack} of the archive has gone`);
    const unpacked = await unpack(bytes, pack);
    for (const { sha256, index } of items) {
      const item = unpacked[index - pack * TILE_WIDTH];
      // A copy: the rest of the pack is not kept for it.
      if (item) documents.set(parseSha256(sha256), Buffer.from(item));
    }
  }
  const missing = digests.find((digest) => !documents.has(digest));
  if (missing !== undefined)
    throw new HubError('ARCHIVE_NOT_FOUND', `nothing archived has digest ${missing}`);
  return documents;
}

type Packed = FoundSigned & { readonly pack: number; readonly index: number };

function isPacked(found: FoundSigned): found is Packed {
  return found.pack !== null && found.index !== null;
}

async function proofsOf(
  tx: Tx,
  indexes: readonly number[],
  { size }: ProvingCheckpoint,
): Promise<readonly (readonly Buffer[])[]> {
  const hashAt = await loadHashes(
    tx,
    indexes.flatMap((index) => inclusionAddresses(index, size)),
  );
  return indexes.map((index) => inclusionProof(index, size, hashAt));
}

/**
 * The chain's entries as this node has verified them. Those that a part never has are not even read.
 * @throws HubError `LOG_STATE_DAMAGED` if the copy is not what was verified
 */
async function* registryEntries(
  { work, registry }: EvidenceParts,
  head: RegistryVersion,
  question: RegistryQuestion | null,
): AsyncGenerator<Buffer> {
  const selection = question === null ? null : new RegistrySelection(question);
  for (let after = 0; after < head.number;) {
    const rows = await work.run((tx) =>
      tx.query<{ number: string; bytes: Buffer }>(
        `select number, bytes from registry_copy where number > $1 and number <= $2
           and ($3 or position('<FormPublished '::bytea in substring(bytes from 1 for 1024)) = 0)
         order by number limit ${ENTRIES_AT_ONCE}`,
        [after, head.number, selection === null],
      ),
    );
    for (const { bytes } of rows) {
      const { number, change } = parseRegistryEntry(bytes);
      if (registry.hasVersion(number, sha256Hex(bytes)) !== 'known')
        throw damaged(`the copy of registry entry ${number} was altered`);
      if (selection?.takes(change) !== false) yield bytes;
    }
    const last = rows.at(-1);
    if (last === undefined) return;
    after = Number(last.number);
  }
}
