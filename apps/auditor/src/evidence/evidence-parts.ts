import type { Signer } from '#evidence';
import type { CallerRegistry } from '#peers';
import type { Tx, UnitOfWork } from '#persistence';
import type { Clock } from '#platform';
import type { RegistryView } from '#registry-view';

/** What a container of evidence is made with. */
export interface EvidenceParts {
  readonly work: UnitOfWork;
  readonly registry: CallerRegistry & Pick<RegistryView, 'hasVersion'>;
  /** The auditor's seal. */
  readonly signer: Signer;
  readonly clock: Clock;
  /** This log's vkey. */
  readonly logKey: string;
}

/**
 * Notes that a practice's evidence was given out, in the transaction that grants it: if it cannot be noted, nobody gets it.
 */
export type NoteGiven = (
  tx: Tx,
  practice: { readonly owner: string; readonly uuid: string },
) => Promise<void>;
