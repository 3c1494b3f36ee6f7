import { parseRegistryEntry, parseSha256 } from '#contracts';
import { HubError } from '#errors';
import { sha256Hex, type Signer } from '#evidence';
import { formatProof, openCheckpoint, parseVkey, parseWitnessVkey, readLogEntry, type LogEntry } from '#tlog';
import {
  batchName,
  certificateName,
  CHECKPOINT,
  CONTENTS,
  CRL,
  crlName,
  EVIDENCE_FORMAT,
  FileNames,
  formatContents,
  HTML,
  JSON_TYPE,
  LOG_KEY,
  MAX_EVIDENCE_LEAVES,
  PEM,
  proofName,
  readableName,
  registryName,
  SUMMARY,
  TEXT,
  witnessName,
  XML,
  type EvidenceKind,
} from './container-format.ts';
import type { ContainerWriter } from './container-writer.ts';
import { readEvidenceDocument, type EvidenceDocument } from './evidence-document.ts';
import type { EvidenceSource, SourceLeaf, SourceWitness } from './evidence-source.ts';
import { EvidenceFacts, type LogFacts } from './facts.ts';
import { holderOf, issuersIn, pemOf } from './registry-part.ts';
import { renderSummary } from './summary/render-summary.ts';

/** Documents that are in memory at once. */
const PAGE = 32;

/** A leaf with the place that its document gets. */
interface PlannedLeaf extends SourceLeaf {
  readonly kind: EvidenceKind;
  readonly leaf: LogEntry;
  readonly file: string;
}

export interface SealOptions {
  /** Null: nobody seals it. */
  readonly signer: Signer | null;
  readonly at: Date;
  /** True: every entry of the registry's chain, which shows that no revocation is missing; false: those that matter. */
  readonly wholeRegistry?: boolean;
}

/**
 * Writes everything that the log has about a practice into a container, and seals it. Of one state of the log and of the
 * registry, everything but the seal is the same each time.
 * @throws HubError `PRACTICE_NOT_FOUND` for no leaf, `EVIDENCE_TOO_LARGE`, `EVIDENCE_CONTENT_DISAGREES` for bytes that are not
 *   what was logged, and what the source, the signer and the way out throw
 */
export async function packEvidence(
  source: EvidenceSource,
  writer: ContainerWriter,
  { signer, at, wholeRegistry = false }: SealOptions,
): Promise<void> {
  const { practice, checkpoint } = source;
  const planned = plan(source);
  const log = logFacts(source);
  const making = { fromCopy: source.made === 'from-copy', sealed: signer !== null };
  const facts = new EvidenceFacts(practice, log.facts, making);
  if (signer !== null) facts.certify(signer.certificate);
  for (let start = 0; start < planned.length; start += PAGE) {
    await packPage(planned.slice(start, start + PAGE), source, writer, facts);
  }
  await writer.add(CHECKPOINT, TEXT, checkpoint.note);
  await writer.add(LOG_KEY, TEXT, Buffer.from(`${source.logKey}\n`));
  for (const { holder, statement } of log.cosigners) {
    facts.certify(
      readEvidenceDocument('action', { file: witnessName(holder), index: 0 }, statement).certificate,
    );
    await writer.add(witnessName(holder), XML, statement);
  }
  await packRegistry(source, writer, facts, wholeRegistry);
  await packCertificates(writer, facts);
  await writer.add(SUMMARY, HTML, renderSummary(facts));
  const contents = formatContents({
    format: EVIDENCE_FORMAT,
    ...(source.made === undefined ? {} : { made: source.made }),
    practice,
    log: {
      ...{ origin: log.facts.origin, size: checkpoint.size, root: checkpoint.root.toString('base64') },
      witnessed: checkpoint.witnessed,
    },
    registry: { ...source.registryHead, whole: wholeRegistry },
    leaves: planned.map(({ index, kind, file }) => ({ index, kind, file, proof: proofName(file) })),
  });
  await writer.add(CONTENTS, JSON_TYPE, contents);
  if (signer === null) await writer.endUnsealed();
  else await writer.seal(signer, at);
}

/** Names follow from the leaves alone: an event's position is in the leaf of its decision. */
function plan({ leaves, practice }: EvidenceSource): readonly PlannedLeaf[] {
  if (leaves.length === 0)
    throw new HubError('PRACTICE_NOT_FOUND', `the log has no leaf of ${practice.owner}/${practice.uuid}`);
  if (leaves.length > MAX_EVIDENCE_LEAVES)
    throw new HubError('EVIDENCE_TOO_LARGE', `the practice has more than ${MAX_EVIDENCE_LEAVES} leaves`);
  const read = leaves.map((leaf) => ({ ...leaf, leaf: readLogEntry(leaf.entry) }));
  const positions = new Map(
    read.flatMap(({ leaf }) => (leaf.kind === 'decision' ? [[eventOf(leaf), leaf.position] as const] : [])),
  );
  const names = new FileNames();
  return read.map(({ index, entry, leaf }) => {
    const { kind, type } = leaf;
    // Of no practice: a source that gives such a leaf does not know what it was asked for.
    if (kind === 'registry' || kind === 'access')
      throw new HubError('EVIDENCE_CONTENT_DISAGREES', `leaf ${index} is about no practice`);
    const position = kind === 'event' ? (positions.get(eventOf(leaf)) ?? null) : leaf.position;
    const by = kind === 'receipt' ? { by: leaf.by } : {};
    return { index, entry, leaf, kind, file: names.of({ index, kind, type, position, ...by }) };
  });
}

function eventOf({ author, eventId }: Pick<LogEntry, 'author' | 'eventId'>): string {
  return `${author.toLowerCase()}/${eventId}`;
}

async function packPage(
  leaves: readonly PlannedLeaf[],
  source: EvidenceSource,
  writer: ContainerWriter,
  facts: EvidenceFacts,
): Promise<void> {
  const documents = await source.documents(leaves.map(({ leaf }) => parseSha256(leaf.sha256)));
  const proofs = await source.proofs(leaves.map(({ index }) => index));
  for (const [i, { index, entry, leaf, kind, file }] of leaves.entries()) {
    const bytes = documents.get(parseSha256(leaf.sha256));
    if (bytes === undefined)
      throw new HubError('ARCHIVE_NOT_FOUND', `nothing archived has digest ${leaf.sha256}`);
    if (sha256Hex(bytes) !== leaf.sha256)
      throw new HubError('EVIDENCE_CONTENT_DISAGREES', `the archive has other bytes for leaf ${index}`);
    const document = readEvidenceDocument(kind, { file, index }, bytes);
    facts.add(document);
    await writer.add(file, XML, bytes);
    await packParts(document, writer);
    const { note: checkpoint } = source.checkpoint;
    const proof = formatProof({ extra: entry, index, hashes: proofs[i] ?? [], checkpoint });
    await writer.add(proofName(file), TEXT, proof);
  }
}

/** What other tools read of an item: the item itself, and its batch, once. */
async function packParts(document: EvidenceDocument, writer: ContainerWriter): Promise<void> {
  if (document.kind === 'event') return;
  await writer.add(readableName(document.file), XML, document.item);
  const batch = batchName(document.batchDigest);
  if (!writer.has(batch)) await writer.add(batch, XML, document.batch);
}

/** Who has cosigned, by the keys that witnesses have shown under their seals. Other cosignatures stay as they are. */
function logFacts({ checkpoint, logKey, witnesses }: EvidenceSource): {
  readonly facts: LogFacts;
  readonly cosigners: readonly SourceWitness[];
} {
  const key = parseVkey(logKey);
  const known = witnesses.map((witness) => ({ witness, verifier: parseWitnessVkey(witness.vkey) }));
  const opened = openCheckpoint(
    checkpoint.note,
    { origin: key.name, keys: [key] },
    known.map(({ verifier }) => verifier),
  );
  const found = known.flatMap(({ witness, verifier }) => {
    const cosignature = opened.cosignatures.find((one) => one.witness === verifier);
    return cosignature === undefined ? [] : [{ witness, time: new Date(cosignature.time * 1_000) }];
  });
  const { origin, size, root } = opened;
  const facts = {
    ...{ origin, size, root: root.toString('base64') },
    witnesses: found.map(({ witness: { holder }, time }) => ({ holder, time })),
  };
  return { facts, cosigners: found.map(({ witness }) => witness) };
}

async function packRegistry(
  source: EvidenceSource,
  writer: ContainerWriter,
  facts: EvidenceFacts,
  whole: boolean,
): Promise<void> {
  for await (const bytes of source.registry(whole ? null : facts.question())) {
    const entry = parseRegistryEntry(bytes);
    facts.addEntry(entry, sha256Hex(bytes));
    await writer.add(registryName(entry.number), XML, bytes);
    if (entry.change.kind === 'crl.published')
      await writer.add(crlName(entry.number), CRL, Buffer.from(entry.change.crl, 'base64'));
  }
}

/** Certificates as files: of those who have signed, and of every issuer that the registry names. */
async function packCertificates(writer: ContainerWriter, facts: EvidenceFacts): Promise<void> {
  for (const [name, der] of certificateFiles(facts)) await writer.add(name, PEM, pemOf(der));
}

/** Which certificates a container has as files, by name; the verifier expects the same. */
export function certificateFiles(facts: EvidenceFacts): ReadonlyMap<string, Buffer> {
  const files = new Map<string, Buffer>();
  for (const { fingerprint, subject, x509 } of facts.certificates) {
    const holder = facts.registry.certificate(fingerprint)?.holder ?? subject?.holder ?? '?';
    files.set(certificateName(holder, fingerprint), x509.raw);
  }
  for (const { entry } of facts.entries) {
    for (const der of issuersIn(entry.change)) files.set(certificateName(holderOf(der), sha256Hex(der)), der);
  }
  return files;
}
