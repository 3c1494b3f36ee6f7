import { HubError, type ErrorCode } from '#errors';

/** What is looked at, in this order. */
export const EVIDENCE_STEPS = [
  'container',
  'manifest',
  'files',
  'registry',
  'seal',
  'documents',
  'checkpoint',
  'witnesses',
  'proofs',
  'positions',
  'copies',
  'summary',
] as const;
export type EvidenceStep = (typeof EVIDENCE_STEPS)[number];

/** Something that is wrong in a container. */
export interface EvidenceFault {
  readonly step: EvidenceStep;
  readonly code: ErrorCode;
  /** The file it is in; null for the container as a whole. */
  readonly file: string | null;
  readonly message: string;
}

/** More faults than these are counted, not kept: whoever made the file chooses how many there are. */
const MOST_KEPT = 200;

/** What was found wrong, as far as it was looked at. */
export class Faults {
  readonly kept: EvidenceFault[] = [];
  readonly #steps = new Map<EvidenceStep, number>();
  #count = 0;

  get count(): number {
    return this.#count;
  }

  of(step: EvidenceStep): number {
    return this.#steps.get(step) ?? 0;
  }

  add(step: EvidenceStep, code: ErrorCode, file: string | null, message: string): void {
    this.#count += 1;
    this.#steps.set(step, this.of(step) + 1);
    if (this.kept.length < MOST_KEPT) this.kept.push({ step, code, file, message });
  }

  /** Runs a check; what it refuses is a fault of that file. @returns undefined if it was refused */
  async try<T>(step: EvidenceStep, file: string | null, check: () => T | Promise<T>): Promise<T | undefined> {
    try {
      return await check();
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
      this.add(step, error.code, file, error.message);
      return undefined;
    }
  }
}

/** What is no fault, and has to be known by whoever relies on the container. */
export const EVIDENCE_NOTES = [
  /** The root that was believed is the one that the container names itself. */
  'root-from-container',
  /** A signer's key was revoked afterwards, from a moment before it signed. */
  'key-revoked-later',
  /** Not the whole chain of the registry: a further revocation cannot be excluded. */
  'registry-in-part',
  /** No policy with witnesses was given. */
  'no-witness-asked',
  /** An event that no decision is about: signed and logged, not accepted. */
  'event-without-decision',
  /** Nobody has sealed it: each document is proved, and nobody says that these are all. */
  'not-sealed',
  /** It was made of a copy of the log: nothing was asked of the auditor or of an authority. */
  'made-from-copy',
  /** The summary was written by another version, with which it cannot be compared. */
  'summary-not-compared',
] as const;
export interface EvidenceNote {
  readonly kind: (typeof EVIDENCE_NOTES)[number];
  /** The file that it is about; null for the container as a whole. */
  readonly file: string | null;
}
