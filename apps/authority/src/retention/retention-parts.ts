import type { FileKeyStore } from '#documents';
import type { SealDocuments } from '../documents/seal-documents.ts';
import type { RetentionSettings } from './periods.ts';
import type { Retaining } from './retaining.ts';

/** What the use cases of retention work with beside the node. */
export interface RetentionParts {
  readonly settings: RetentionSettings;
  readonly keys: Pick<FileKeyStore, 'destroy'>;
  readonly sealing: Pick<SealDocuments, 'isDone'>;
  readonly retaining: Pick<Retaining, 'wake' | 'failure'>;
}
