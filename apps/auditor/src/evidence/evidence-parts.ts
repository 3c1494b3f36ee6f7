import type { AccessLog } from '#access-log';
import type { Signer } from '#evidence';
import type { CallerRegistry } from '#peers';
import type { UnitOfWork } from '#persistence';
import type { Clock } from '#platform';
import type { RegistryView } from '#registry-view';

/** What a container of evidence is made with. */
export interface EvidenceParts {
  readonly work: UnitOfWork;
  readonly registry: CallerRegistry & Pick<RegistryView, 'hasVersion'>;
  /** The auditor's seal. */
  readonly signer: Signer;
  readonly clock: Clock;
  /** Where it is noted who was given what. */
  readonly accesses: Pick<AccessLog, 'note'>;
  /** This log's vkey. */
  readonly logKey: string;
}
