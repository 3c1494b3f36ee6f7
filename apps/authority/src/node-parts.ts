import type { AccessLog } from '#access-log';
import type { DocumentStore } from '#documents';
import type { IpaCode } from '#contracts';
import type { BatchChecks, Signer } from '#evidence';
import type { UnitOfWork } from '#persistence';
import type { Clock, IdSource, Logger } from '#platform';
import type { RegistryView } from '#registry-view';
import type { ProtocolSettings } from './protocol/protocol-settings.ts';

/** The verified registry as the use cases ask it; whoever opened the view also closes it. */
export type NodeRegistry = Pick<
  RegistryView,
  | 'anchors'
  | 'area'
  | 'body'
  | 'bordering'
  | 'certificate'
  | 'compiledForm'
  | 'current'
  | 'hasVersion'
  | 'latestProcedure'
  | 'members'
  | 'municipality'
  | 'procedure'
  | 'status'
>;

/** What every use case of a node works with. One object, so that composing the node says it once. */
export interface NodeParts {
  /** The public body this node speaks for. */
  readonly ipa: IpaCode;
  readonly work: UnitOfWork;
  readonly registry: NodeRegistry;
  readonly signer: Signer;
  readonly verifier: BatchChecks;
  readonly documents: DocumentStore;
  readonly clock: Clock;
  readonly ids: IdSource;
  /** Where it is noted who has read what. */
  readonly accesses: AccessLog;
  /** For alarms: what an operator has to see. */
  readonly logger: Pick<Logger, 'error'>;
  /** How the body keeps its protocol register. */
  readonly protocol: ProtocolSettings;
}

/** Nest token of {@link NodeParts}. */
export const NODE_PARTS = Symbol('NodeParts');
