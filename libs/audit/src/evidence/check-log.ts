/** That the log has what is in a container: one checkpoint, who has cosigned it, and a proof for each document. */
import { HubError } from '#errors';
import { verifyAction } from '#evidence';
import {
  judgeCheckpoint,
  leafHash,
  openCheckpoint,
  parseProof,
  parseWitnessVkey,
  readLogEntry,
  verifyInclusion,
  type LogEntry,
  type NoteVerifier,
  type TrustPolicy,
  type VerifiedCheckpoint,
} from '#tlog';
import { CHECKPOINT, type EvidenceContents } from './container-format.ts';
import type { ContainerReader } from './container-reader.ts';
import { practiceOf, readEvidenceDocument, type EvidenceDocument } from './evidence-document.ts';
import type { LogFacts } from './facts.ts';
import type { Faults } from './faults.ts';
import type { PartRegistry } from './part-registry.ts';

const STATEMENT = /^testimoni\/[^/]+\.xml$/;

/** A witness whose key its own seal vouches for. */
export interface StatedWitness {
  readonly holder: string;
  readonly verifier: NoteVerifier;
}

/** Reads who has stated which key, before anybody is believed: what `checkWitnesses` verifies. */
export async function readStatements(
  container: ContainerReader,
  faults: Faults,
): Promise<readonly (StatedWitness & { readonly file: string; readonly document: EvidenceDocument })[]> {
  const stated = [];
  for (const file of container.names.filter((name) => STATEMENT.test(name))) {
    const found = await faults.try('witnesses', file, async () => {
      const document = readEvidenceDocument('action', { file, index: 0 }, await container.read(file));
      if (document.kind !== 'action') throw new HubError('EVIDENCE_CONTENT_DISAGREES', 'it is no statement');
      const { action } = document;
      const vkey = action.details.find(({ name }) => name === 'vkey')?.value;
      if (action.kind !== 'witness.key-published' || vkey === undefined)
        throw new HubError('EVIDENCE_CONTENT_DISAGREES', 'it is no statement about a key');
      return { file, document, holder: action.node, verifier: parseWitnessVkey(vkey) };
    });
    if (found !== undefined) stated.push(found);
  }
  return stated;
}

/**
 * The checkpoint, signed by the log's key that the verifier has, and who of those that have stated a key has cosigned it.
 * @throws HubError `LOG_KEY_UNKNOWN`, `LOG_SIGNATURE_INVALID`, `EVIDENCE_CONTENT_DISAGREES`, …
 */
export async function checkCheckpoint(
  container: ContainerReader,
  { log }: EvidenceContents,
  policy: TrustPolicy,
  stated: readonly StatedWitness[],
): Promise<{ readonly checkpoint: VerifiedCheckpoint; readonly note: Buffer; readonly facts: LogFacts }> {
  const note = await container.read(CHECKPOINT);
  const known = policy.logs.find(({ origin }) => origin === log.origin);
  if (known === undefined)
    throw new HubError('LOG_KEY_UNKNOWN', `the key of the log ${log.origin} was not given`);
  const checkpoint = openCheckpoint(
    note,
    known,
    stated.map(({ verifier }) => verifier),
  );
  const root = checkpoint.root.toString('base64');
  if (checkpoint.size !== log.size || root !== log.root)
    throw new HubError('EVIDENCE_CONTENT_DISAGREES', 'the contents name another size or root');
  const witnesses = stated.flatMap(({ holder, verifier }) => {
    const found = checkpoint.cosignatures.find(({ witness }) => witness === verifier);
    return found === undefined ? [] : [{ holder, time: new Date(found.time * 1_000) }];
  });
  return { checkpoint, note, facts: { origin: log.origin, size: log.size, root, witnesses } };
}

/**
 * Each witness's seal on its key, at the time of the statement; and the quorum, if the policy asks for one.
 * @throws HubError `LOG_NOT_WITNESSED`
 */
export async function checkWitnesses(
  note: Buffer,
  stated: Awaited<ReturnType<typeof readStatements>>,
  container: ContainerReader,
  registry: PartRegistry,
  policy: TrustPolicy,
  faults: Faults,
): Promise<void> {
  for (const { file, document } of stated) {
    await faults.try('witnesses', file, async () => {
      const { signingTime: at } = document;
      verifyAction(await container.read(file), registry.knownAt(at, 0), at);
    });
  }
  await faults.try('witnesses', CHECKPOINT, () => {
    const { witnessed, by } = judgeCheckpoint(note, policy);
    if (policy.quorum === null || witnessed) return;
    throw new HubError('LOG_NOT_WITNESSED', `of the policy's witnesses only ${by.length} have cosigned it`);
  });
}

/** A document's proof: the leaf is its own, and the log has it at that place. */
export async function checkProof(
  container: ContainerReader,
  document: EvidenceDocument,
  { index, proof }: EvidenceContents['leaves'][number],
  { checkpoint, note }: { readonly checkpoint: VerifiedCheckpoint; readonly note: Buffer },
): Promise<void> {
  const parsed = parseProof(await container.read(proof));
  if (!parsed.checkpoint.equals(note))
    throw new HubError('EVIDENCE_CONTENT_DISAGREES', 'the proof is of another checkpoint');
  if (parsed.index !== index || parsed.extra === null)
    throw new HubError('EVIDENCE_CONTENT_DISAGREES', `the proof is not that of leaf ${index}`);
  verifyInclusion(leafHash(parsed.extra), index, checkpoint.size, parsed.hashes, checkpoint.root);
  requireLeafOf(document, readLogEntry(parsed.extra));
}

/** @throws HubError `EVIDENCE_CONTENT_DISAGREES` if the entry does not say of the document what it says itself */
function requireLeafOf(document: EvidenceDocument, entry: LogEntry): void {
  const expected = { kind: document.kind, sha256: document.sha256, ...namesOf(document) };
  const about = practiceOf(document);
  const found = {
    kind: entry.kind,
    sha256: entry.sha256,
    ...{ author: entry.author, eventId: entry.eventId, type: entry.type, time: entry.time },
    position: entry.position,
    by: 'by' in entry ? entry.by : null,
  };
  const fits =
    JSON.stringify(expected) === JSON.stringify(found) &&
    entry.practice?.uuid === about?.uuid &&
    entry.practice?.owner === about?.owner;
  if (!fits) throw new HubError('EVIDENCE_CONTENT_DISAGREES', 'the leaf is not that of this document');
}

/** What the leaf of a document says of it, in the order in which it is compared. */
function namesOf(document: EvidenceDocument): {
  author: string;
  eventId: string;
  type: string;
  time: string;
  position: number | null;
  by: string | null;
} {
  switch (document.kind) {
    case 'event': {
      const { author, id, type, time } = document.event;
      return { author: author.ipa, eventId: id, type, time, position: null, by: null };
    }
    case 'decision': {
      const { event, time, position, router } = document.decision;
      return { author: event.author, eventId: event.id, type: event.type, time, position, by: router };
    }
    case 'receipt': {
      const { event, kind, time, position, by } = document.receipt;
      return { author: event.author, eventId: event.id, type: kind, time, position, by };
    }
    case 'action': {
      const { id, node, kind, time } = document.action;
      return { author: node, eventId: id, type: kind, time, position: null, by: null };
    }
  }
}
