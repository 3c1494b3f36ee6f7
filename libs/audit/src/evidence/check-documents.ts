/** The signed documents of a practice: signature, signer and certificate's state of its time, then what they say together. */
import { HubError } from '#errors';
import {
  REFUSED_BY_TIME,
  verifyAction,
  verifyDecision,
  verifyEvent,
  verifyReceipt,
  type TrustView,
} from '#evidence';
import { Arrival } from '../verify/arrival.ts';
import { FOLDERS, type EvidenceContents } from './container-format.ts';
import type { ContainerReader } from './container-reader.ts';
import { practiceOf, readEvidenceDocument, type EvidenceDocument } from './evidence-document.ts';
import type { EvidenceFacts } from './facts.ts';
import type { Faults } from './faults.ts';
import type { PartRegistry } from './part-registry.ts';

type Leaf = EvidenceContents['leaves'][number];

/** Told of every document that verifies. */
export type OnDocument = (document: EvidenceDocument, leaf: Leaf) => Promise<void>;

/**
 * Verifies every document that the contents name, in the order of the log, by what had to be known at its time: an event at the
 * time of the decision about it, everything else at the earliest time at which it can have come to the log.
 * @param later told of documents whose signer was revoked afterwards, from a moment before
 */
export async function checkDocuments(
  container: ContainerReader,
  { leaves, practice }: EvidenceContents,
  registry: PartRegistry,
  faults: Faults,
  { onDocument, later }: { readonly onDocument: OnDocument; readonly later: (file: string) => void },
): Promise<void> {
  const placed = new Map<string, EvidenceDocument & { readonly kind: 'decision' }>();
  const arrival = new Arrival();
  // Decisions first: what is in them tells when an event was placed.
  for (const leaf of leaves.toSorted(decisionsFirst)) {
    await faults.try('documents', leaf.file, async () => {
      if (!leaf.file.startsWith(`${FOLDERS[leaf.kind]}/`))
        throw disagrees(`a document of kind ${leaf.kind} does not lie here`);
      const bytes = await container.read(leaf.file);
      const document = readEvidenceDocument(leaf.kind, leaf, bytes);
      const about = practiceOf(document);
      if (about?.uuid !== practice.uuid || about.owner.toLowerCase() !== practice.owner.toLowerCase())
        throw disagrees('it is about another practice');
      if (document.kind === 'decision') placed.set(eventKey(document.decision.event), document);
      const { at, atLeast } = timeOf(document, placed, arrival);
      verify(document, bytes, registry.knownAt(at, atLeast), at);
      try {
        verify(document, bytes, registry.latest, at);
      } catch (error) {
        if (!(error instanceof HubError) || !REFUSED_BY_TIME.has(error.code)) throw error;
        later(leaf.file);
      }
      await onDocument(document, leaf);
    });
  }
}

function decisionsFirst(one: Leaf, other: Leaf): number {
  return Number(other.kind === 'decision') - Number(one.kind === 'decision') || one.index - other.index;
}

/** At which time a document is judged, and which entry of the registry was known by then in any case. */
function timeOf(
  document: EvidenceDocument,
  placed: ReadonlyMap<string, EvidenceDocument & { readonly kind: 'decision' }>,
  arrival: Arrival,
): { readonly at: Date; readonly atLeast: number } {
  if (document.kind === 'event') {
    const { author, id, registry } = document.event;
    const decision = placed.get(eventKey({ author: author.ipa, id }))?.decision;
    const at = decision === undefined ? document.signingTime : new Date(decision.time);
    return { at, atLeast: Math.max(registry.number, decision?.registry.number ?? 0) };
  }
  const at = arrival.of(document.signingTime);
  arrival.pass(document.signingTime);
  return { at, atLeast: document.kind === 'decision' ? document.decision.registry.number : 0 };
}

/** @throws HubError of `verifyEvent`, `verifyDecision`, `verifyReceipt`, `verifyAction` */
function verify(document: EvidenceDocument, bytes: Buffer, trust: TrustView, at: Date): void {
  switch (document.kind) {
    case 'event':
      verifyEvent(bytes, trust, at);
      return;
    case 'decision':
      verifyDecision(bytes, trust, at);
      return;
    case 'receipt':
      verifyReceipt(bytes, trust, at);
      return;
    case 'action':
      verifyAction(bytes, trust, at);
      return;
  }
}

/**
 * Positions run from 1 without a gap, each decision is about an event that is here, byte for byte, and each receipt about one
 * of its position.
 */
export function checkPositions(facts: EvidenceFacts, faults: Faults): void {
  const placed = facts.acts.flatMap(({ signed, decision }) =>
    decision === undefined ? [] : [{ signed, decision }],
  );
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
      faults.add(
        'positions',
        'EVIDENCE_CONTENT_DISAGREES',
        decision?.file ?? signed.file,
        `it decides about ${digest}, the event here is ${signed.sha256}`,
      );
    for (const { receipt, file } of receipts) {
      if (receipt.event.digest !== signed.sha256 || receipt.position !== decision?.decision.position)
        faults.add(
          'positions',
          'EVIDENCE_CONTENT_DISAGREES',
          file,
          'it is about other bytes, or another position',
        );
    }
  }
  for (const { kind, file } of facts.orphans)
    faults.add(
      'positions',
      'EVIDENCE_POSITION_MISSING',
      file,
      `the event that this ${kind} is about is not here`,
    );
}

function eventKey({ author, id }: { readonly author: string; readonly id: string }): string {
  return `${author.toLowerCase()}/${id}`;
}

function disagrees(reason: string): HubError {
  return new HubError('EVIDENCE_CONTENT_DISAGREES', reason);
}
