/** The signed documents of a practice: signature, signer and certificate's state of its time, then what they say together. */
import { HubError } from '#errors';
import { verifyAction, verifyDecision, verifyEvent, verifyReceipt, type TrustView } from '#evidence';
import { FOLDERS, type EvidenceContents } from './container-format.ts';
import type { ContainerReader } from './container-reader.ts';
import { practiceOf, readEvidenceDocument, type EvidenceDocument } from './evidence-document.ts';
import type { EvidenceFacts } from './facts.ts';
import type { Faults } from './faults.ts';

type Leaf = EvidenceContents['leaves'][number];

/** Told of every document that verifies. */
export type OnDocument = (document: EvidenceDocument, leaf: Leaf) => Promise<void>;

/**
 * Verifies every document that the contents name. Decisions come first: an event's first proof of existence is the decision
 * about it, at whose time its author's key must not have been revoked.
 * @param trust the registry as the entries in the container make it
 */
export async function checkDocuments(
  container: ContainerReader,
  { leaves, practice }: EvidenceContents,
  trust: TrustView,
  faults: Faults,
  onDocument: OnDocument,
): Promise<void> {
  const proved = new Map<string, Date>();
  const ordered = leaves.toSorted((one, other) => Number(one.kind === 'event') - Number(other.kind === 'event'));
  for (const leaf of ordered) {
    await faults.try('documents', leaf.file, async () => {
      if (!leaf.file.startsWith(`${FOLDERS[leaf.kind]}/`))
        throw disagrees(`a document of kind ${leaf.kind} does not lie here`);
      const bytes = await container.read(leaf.file);
      const document = readEvidenceDocument(leaf.kind, leaf, bytes);
      const about = practiceOf(document);
      if (about?.uuid !== practice.uuid || about.owner.toLowerCase() !== practice.owner.toLowerCase())
        throw disagrees('it is about another practice');
      if (document.kind === 'decision')
        proved.set(eventKey(document.decision.event), document.signingTime);
      verify(document, bytes, trust, proved);
      await onDocument(document, leaf);
    });
  }
}

/** @throws HubError of `verifyEvent`, `verifyDecision`, `verifyReceipt`, `verifyAction` */
function verify(
  document: EvidenceDocument,
  bytes: Buffer,
  trust: TrustView,
  proved: ReadonlyMap<string, Date>,
): void {
  const { signingTime } = document;
  switch (document.kind) {
    case 'event': {
      const { author, id } = document.event;
      verifyEvent(bytes, trust, proved.get(eventKey({ author: author.ipa, id })) ?? signingTime);
      return;
    }
    case 'decision':
      verifyDecision(bytes, trust, signingTime);
      return;
    case 'receipt':
      verifyReceipt(bytes, trust, signingTime);
      return;
    case 'action':
      verifyAction(bytes, trust, signingTime);
      return;
  }
}

/**
 * Positions run from 1 without a gap, each decision is about an event that is here, byte for byte, and each receipt about one
 * of its position.
 */
export function checkPositions(facts: EvidenceFacts, faults: Faults): void {
  const placed = facts.acts.flatMap(({ signed, decision }) => (decision === undefined ? [] : [{ signed, decision }]));
  for (const [i, { decision }] of placed.entries()) {
    const before = placed[i - 1]?.decision.decision.position ?? 0;
    const { position } = decision.decision;
    if (position === before + 1) continue;
    const [code, message] =
      position === before
        ? (['EVIDENCE_CONTENT_DISAGREES', `two events have position ${position}`] as const)
        : (['EVIDENCE_POSITION_MISSING', `position ${before + 1} is not here, before ${position}`] as const);
    faults.add('positions', code, decision.file, message);
  }
  for (const { signed, decision, receipts } of facts.acts) {
    const { digest } = decision?.decision.event ?? { digest: signed.sha256 };
    if (digest !== signed.sha256)
      faults.add('positions', 'EVIDENCE_CONTENT_DISAGREES', decision?.file ?? signed.file, `it decides about ${digest}, the event here is ${signed.sha256}`);
    for (const { receipt, file } of receipts) {
      if (receipt.event.digest !== signed.sha256 || receipt.position !== decision?.decision.position)
        faults.add('positions', 'EVIDENCE_CONTENT_DISAGREES', file, 'it is about other bytes, or another position');
    }
  }
  for (const { kind, file } of facts.orphans)
    faults.add('positions', 'EVIDENCE_POSITION_MISSING', file, `the event that this ${kind} is about is not here`);
}

function eventKey({ author, id }: { readonly author: string; readonly id: string }): string {
  return `${author.toLowerCase()}/${id}`;
}

function disagrees(reason: string): HubError {
  return new HubError('EVIDENCE_CONTENT_DISAGREES', reason);
}
