/** What a container has beside the signed documents for the ease of reading: nothing in it says anything else than they do. */
import { HubError } from '#errors';
import {
  batchName,
  CHECKPOINT,
  CONTENTS,
  crlName,
  LOG_KEY,
  MANIFEST,
  MIMETYPE,
  readableName,
  registryName,
  SIGNATURES,
  SUMMARY,
  type EvidenceContents,
} from './container-format.ts';
import type { ContainerReader } from './container-reader.ts';
import type { EvidenceDocument } from './evidence-document.ts';
import type { EvidenceFacts } from './facts.ts';
import type { Faults } from './faults.ts';
import { certificateFiles } from './pack-evidence.ts';
import { pemOf } from './registry-part.ts';
import { renderSummary, SUMMARY_VERSION, summaryVersion } from './summary/render-summary.ts';

/** Where the parts of a document lie, decoded. */
export function partNames(document: EvidenceDocument): readonly string[] {
  return document.kind === 'event' ? [] : [readableName(document.file), batchName(document.batchDigest)];
}

/** Compares an item and its batch, as they lie there to be read, with those that the document carries. */
export async function checkParts(container: ContainerReader, document: EvidenceDocument): Promise<void> {
  if (document.kind === 'event') return;
  await requireSame(container, readableName(document.file), document.item);
  await requireSame(container, batchName(document.batchDigest), document.batch);
}

/**
 * Certificates, revocation lists and the log's key as files; and that nothing else is there.
 * @param seen files that were looked at: documents, proofs, parts, statements
 */
export async function checkCopies(
  container: ContainerReader,
  contents: EvidenceContents,
  facts: EvidenceFacts,
  seen: Set<string>,
  faults: Faults,
): Promise<void> {
  const copies = new Map<string, Buffer>();
  await faults.try('copies', null, () => {
    for (const [name, der] of certificateFiles(facts)) copies.set(name, pemOf(der));
  });
  for (const { entry } of facts.entries) {
    seen.add(registryName(entry.number));
    if (entry.change.kind === 'crl.published')
      copies.set(crlName(entry.number), Buffer.from(entry.change.crl, 'base64'));
  }
  for (const [name, bytes] of copies) {
    seen.add(name);
    await faults.try('copies', name, () => requireSame(container, name, bytes));
  }
  for (const name of [MIMETYPE, MANIFEST, SIGNATURES, CONTENTS, SUMMARY, CHECKPOINT, LOG_KEY]) seen.add(name);
  for (const { file, proof } of contents.leaves) seen.add(file).add(proof);
  for (const name of container.names) {
    if (!seen.has(name))
      faults.add(
        'copies',
        'EVIDENCE_FILE_UNSEALED',
        name,
        'nothing in a container of evidence is called so, or belongs to it',
      );
  }
}

/**
 * Writes the summary again from what was verified, and compares.
 * @returns false if another version has written it, with which it cannot be compared
 * @throws HubError `EVIDENCE_SUMMARY_DIFFERS`, `EVIDENCE_FILE_MISSING`
 */
export async function checkSummary(container: ContainerReader, facts: EvidenceFacts): Promise<boolean> {
  const page = await container.read(SUMMARY);
  if (summaryVersion(page) !== SUMMARY_VERSION) return false;
  if (renderSummary(facts).equals(page)) return true;
  throw new HubError('EVIDENCE_SUMMARY_DIFFERS', 'the documents here give another summary');
}

async function requireSame(container: ContainerReader, name: string, bytes: Buffer): Promise<void> {
  if (!(await container.read(name)).equals(bytes))
    throw new HubError('EVIDENCE_CONTENT_DISAGREES', `${name} is not what the signed document has`);
}
