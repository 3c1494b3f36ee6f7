import { HubError } from '#errors';
import { verifySeal, type IntactSeal, type VerifiedSeal } from '#evidence';
import type { TrustPolicy } from '#tlog';
import { checkCopies, checkParts, checkSummary, partNames } from './check-copies.ts';
import { checkDocuments, checkPositions, type OnDocument } from './check-documents.ts';
import { checkCheckpoint, checkProof, checkWitnesses, readStatements } from './check-log.ts';
import { checkRegistry, checkVersions } from './check-registry.ts';
import { checkStructure, type Structure } from './check-structure.ts';
import { CHECKPOINT, SIGNATURES, SUMMARY, type EvidenceContents } from './container-format.ts';
import { ContainerReader } from './container-reader.ts';
import { EvidenceFacts } from './facts.ts';
import type { PartRegistry } from './part-registry.ts';
import {
  EVIDENCE_STEPS,
  Faults,
  type EvidenceFault,
  type EvidenceNote,
  type EvidenceStep,
} from './faults.ts';

/** What a verifier brings along; nothing of it is taken from the container. */
export interface EvidenceTrust {
  /**
   * SHA-256 of the network's root certificate, the one in force or one before it; null: the one under which the container says
   * that the network was founded, which is nobody's word but the container's.
   */
  readonly root: string | null;
  /** The log's key, and how many of which witnesses it takes. */
  readonly policy: TrustPolicy;
  /** When the container was there at the latest: its seal is judged then. */
  readonly at: Date;
  /** True: one without a seal is accepted, too, if all that is in it is right. False when absent. */
  readonly unsealed?: boolean;
}

export interface EvidenceCheck {
  readonly step: EvidenceStep;
  /** `not-reached`: there was nothing to go on with. `not-checked`: nothing was given to check it with. */
  readonly result: 'passed' | 'failed' | 'not-reached' | 'not-checked';
  readonly detail: string;
}

export interface EvidenceReport {
  readonly valid: boolean;
  readonly checks: readonly EvidenceCheck[];
  /** At most 200 of `faultCount`. */
  readonly faults: readonly EvidenceFault[];
  readonly faultCount: number;
  /** True of what is valid too, and to be known. */
  readonly notes: readonly EvidenceNote[];
  readonly practice: { readonly owner: string; readonly uuid: string; readonly cui: string | null } | null;
  readonly log: EvidenceContents['log'] | null;
  readonly sealed: { readonly by: string; readonly at: string; readonly files: number } | null;
  readonly counts: { readonly events: number; readonly documents: number };
}

/**
 * Verifies a container of evidence, offline: all that is in it, down to the last file, with nothing but the network's roots
 * and the log's key. Files are read one at a time.
 * @param progress told how many of how many files were read
 * @throws HubError `FILE_UNREADABLE` if there is no such file; whatever is wrong with it is in the report
 */
export async function verifyEvidence(
  path: string,
  trust: EvidenceTrust,
  progress: (done: number, of: number) => void = () => undefined,
): Promise<EvidenceReport> {
  const faults = new Faults();
  let container: ContainerReader | undefined;
  try {
    container = await faults.try('container', null, () => ContainerReader.open(path));
    const unreadable = faults.kept.find(({ code }) => code === 'FILE_UNREADABLE');
    if (unreadable !== undefined) throw new HubError('FILE_UNREADABLE', unreadable.message);
    const { unsealed = false } = trust;
    const structure = container && (await checkStructure(container, faults, { unsealed, progress }));
    if (container === undefined || structure === undefined) return unread(faults, container === undefined);
    return await new EvidenceVerifier(container, structure, trust, faults).run();
  } finally {
    await container?.close();
  }
}

type Opened = Awaited<ReturnType<typeof checkCheckpoint>>;
type Stated = Awaited<ReturnType<typeof readStatements>>;

/** Everything behind the structure: what the documents are worth, and whether all that lies around them agrees. */
class EvidenceVerifier {
  readonly #container: ContainerReader;
  readonly #structure: Structure;
  readonly #trust: EvidenceTrust;
  readonly #faults: Faults;
  readonly #open = new Map<EvidenceStep, Pick<EvidenceCheck, 'result' | 'detail'>>();
  /** Files that were looked at. */
  readonly #seen = new Set<string>();

  constructor(container: ContainerReader, structure: Structure, trust: EvidenceTrust, faults: Faults) {
    this.#container = container;
    this.#structure = structure;
    this.#trust = trust;
    this.#faults = faults;
  }

  async run(): Promise<EvidenceReport> {
    const { contents, seal } = this.#structure;
    const container = this.#container;
    const faults = this.#faults;
    const stated = await readStatements(container, faults);
    const opened = await faults.try('checkpoint', CHECKPOINT, () =>
      checkCheckpoint(container, contents, this.#trust.policy, stated),
    );
    const making = { fromCopy: contents.made === 'from-copy', sealed: seal !== null };
    const facts = new EvidenceFacts(
      contents.practice,
      opened?.facts ?? { ...contents.log, witnesses: [] },
      making,
    );
    if (seal !== null) facts.certify(seal.document.certificate);
    const registry = await checkRegistry(container, contents, facts, this.#trust.root, faults);
    const sealed = seal === null ? undefined : await this.#seal(seal, registry);
    if (seal === null) for (const step of ['seal', 'files'] as const) this.#open.set(step, NOT_SEALED);
    await this.#witnesses(stated, opened, facts, registry);
    const later = await this.#documents(opened, facts, registry);
    checkVersions(contents.registry, facts, faults);
    checkPositions(facts, faults);
    await checkCopies(container, contents, facts, this.#seen, faults);
    const compared = await faults.try('summary', SUMMARY, () => checkSummary(container, facts));
    if (compared === false)
      this.#open.set('summary', {
        result: 'not-checked',
        detail: 'it was written by another version of this program',
      });
    return this.#report(facts, sealed, { later, compared: compared !== false, trust: this.#trust });
  }

  async #seal(seal: IntactSeal, registry: PartRegistry): Promise<VerifiedSeal | undefined> {
    return await this.#faults.try('seal', SIGNATURES, () =>
      verifySeal(seal, registry.latest, this.#trust.at, 'auditor'),
    );
  }

  async #witnesses(
    stated: Stated,
    opened: Opened | undefined,
    facts: EvidenceFacts,
    registry: PartRegistry,
  ): Promise<void> {
    for (const { file, holder, document } of stated) {
      this.#seen.add(file);
      if (facts.log.witnesses.some((witness) => witness.holder === holder))
        facts.certify(document.certificate);
    }
    if (opened === undefined) return void this.#open.set('witnesses', NOT_REACHED);
    await checkWitnesses(opened.note, stated, this.#container, registry, this.#trust.policy, this.#faults);
  }

  /** Each document once: signature, proof, and the copies of its parts. */
  async #documents(
    opened: Opened | undefined,
    facts: EvidenceFacts,
    registry: PartRegistry,
  ): Promise<readonly string[]> {
    const later: string[] = [];
    const container = this.#container;
    const faults = this.#faults;
    const onDocument: OnDocument = async (document, leaf) => {
      facts.add(document);
      if (opened !== undefined)
        await faults.try('proofs', leaf.proof, () => checkProof(container, document, leaf, opened));
      await faults.try('copies', document.file, () => checkParts(container, document));
      for (const name of partNames(document)) this.#seen.add(name);
    };
    await checkDocuments(container, this.#structure.contents, registry, faults, {
      onDocument,
      later: (file) => later.push(file),
    });
    if (opened === undefined) this.#open.set('proofs', NOT_REACHED);
    return later;
  }

  #report(
    facts: EvidenceFacts,
    sealed: VerifiedSeal | undefined,
    known: Parameters<typeof notesOf>[2],
  ): EvidenceReport {
    const { contents } = this.#structure;
    const { practice, log, leaves } = contents;
    const acts = facts.acts;
    const cui = acts[0]?.signed.event.practice.cui ?? null;
    const details = detailsOf(contents, facts, sealed, this.#trust);
    return {
      ...verdict(this.#faults, (step) => this.#open.get(step) ?? { result: 'passed', detail: details[step] }),
      notes: notesOf(contents, facts, known),
      practice: { ...practice, cui },
      log,
      sealed:
        sealed === undefined
          ? null
          : { by: sealed.signer.holder, at: sealed.signingTime.toISOString(), files: sealed.files.length },
      counts: { events: acts.length, documents: leaves.length },
    };
  }
}

const NOT_SEALED = { result: 'not-checked', detail: 'nobody has sealed it' } as const;
const NOT_REACHED = { result: 'not-reached', detail: 'the checkpoint does not verify' } as const;

/** What each step has looked at, where it found nothing wrong. */
function detailsOf(
  { leaves, log, registry }: EvidenceContents,
  facts: EvidenceFacts,
  sealed: VerifiedSeal | undefined,
  { policy }: EvidenceTrust,
): Readonly<Record<EvidenceStep, string>> {
  const positions = facts.acts.filter(({ decision }) => decision !== undefined).length;
  const cosigned = facts.log.witnesses.map(({ holder }) => holder).join(', ');
  return {
    container: 'an ASiC-E container that everybody reads alike, each name once and safe',
    manifest: 'it names every file, and no other',
    files: `${sealed?.files.length ?? 0} files have the SHA-256 that was sealed`,
    registry: registry.whole
      ? `its chain from the first entry to entry ${registry.number}: no revocation is missing`
      : `${facts.entries.length} entries, signed by the registry under the root`,
    seal: `sealed by ${sealed?.signer.holder ?? ''} at ${sealed?.signingTime.toISOString() ?? ''}`,
    documents: `${leaves.length} signed documents, each with the state of its certificate at its time`,
    checkpoint: `${log.origin}, ${log.size} leaves, signed by the log's key`,
    witnesses: `cosigned by ${cosigned === '' ? 'nobody' : cosigned}${policy.quorum === null ? '; no quorum was asked for' : '; the policy’s quorum is met'}`,
    proofs: `${leaves.length} documents are in the log`,
    positions: `${positions} events, from 1 on without a gap`,
    copies:
      'readable items, batches, certificates and lists are those of the signed documents; nothing else is there',
    summary: 'it says what the signed documents say, to the byte',
  };
}

/** What is no fault, and that whoever relies on the container has to know. */
function notesOf(
  { registry }: EvidenceContents,
  facts: EvidenceFacts,
  { later, compared, trust }: { later: readonly string[]; compared: boolean; trust: EvidenceTrust },
): readonly EvidenceNote[] {
  const whole: readonly (EvidenceNote['kind'] | null)[] = [
    trust.root === null ? 'root-from-container' : null,
    trust.policy.quorum === null ? 'no-witness-asked' : null,
    registry.whole ? null : 'registry-in-part',
    facts.making.fromCopy ? 'made-from-copy' : null,
    facts.making.sealed ? null : 'not-sealed',
    compared ? null : 'summary-not-compared',
  ];
  const unplaced = facts.acts.filter(({ decision }) => decision === undefined);
  return [
    ...whole.flatMap((kind) => (kind === null ? [] : [{ kind, file: null }])),
    ...later.map((file) => ({ kind: 'key-revoked-later', file }) as const),
    ...unplaced.map(({ signed: { file } }) => ({ kind: 'event-without-decision', file }) as const),
  ];
}

/** A container of which there is nothing to go on with. */
function unread(faults: Faults, closed: boolean): EvidenceReport {
  const reached: readonly EvidenceStep[] = closed
    ? ['container']
    : ['container', 'manifest', 'files', 'seal'];
  return {
    ...verdict(faults, (step) => ({
      result: reached.includes(step) ? 'passed' : 'not-reached',
      detail: '',
    })),
    ...{ notes: [], practice: null, log: null, sealed: null, counts: { events: 0, documents: 0 } },
  };
}

function verdict(
  faults: Faults,
  otherwise: (step: EvidenceStep) => Pick<EvidenceCheck, 'result' | 'detail'>,
): Pick<EvidenceReport, 'valid' | 'checks' | 'faults' | 'faultCount'> {
  const checks = EVIDENCE_STEPS.map((step): EvidenceCheck => {
    const found = faults.of(step);
    return found === 0 ? { step, ...otherwise(step) } : { step, result: 'failed', detail: `${found} found` };
  });
  return { valid: faults.count === 0, checks, faults: faults.kept, faultCount: faults.count };
}
