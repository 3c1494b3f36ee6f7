import type { Signer, TrustView } from '#evidence';
import type { UnitOfWork } from '#persistence';
import type { Clock, IdSource, Logger, MutualTlsFiles } from '#platform';
import type { RegistryView } from '#registry-view';
import type { KnownLog } from '#tlog';
import type { WitnessesSettings } from './witnesses-config.ts';

/** A member, as it can be asked. */
type Member = Pick<ReturnType<RegistryView['members']>[number], 'ipa' | 'nodeUrl'>;

/** What the log needs to be witnessed. */
export interface WitnessParts {
  readonly work: UnitOfWork;
  readonly registry: TrustView & { members(): readonly Member[] };
  readonly signer: Signer;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly logger: Pick<Logger, 'error' | 'warn' | 'info'>;
  readonly tls: MutualTlsFiles;
  readonly settings: WitnessesSettings;
  /** This log, by its own key. */
  readonly log: KnownLog;
  /** True at the instance that writes the log: it alone shows its checkpoints. */
  readonly isWriting: () => boolean;
  /** Milliseconds for each answer of a witness; five seconds unless given. */
  readonly answerMs?: number;
}
