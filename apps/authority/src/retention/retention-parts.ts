import type { FileKeyStore } from '#documents';
import type { SealDocuments } from '../documents/seal-documents.ts';
import type { RetentionSettings } from './periods.ts';

/** What the use cases of retention work with beside the node. */
export interface RetentionParts {
  readonly settings: RetentionSettings;
  readonly keys: Pick<FileKeyStore, 'destroy'>;
  readonly sealing: Pick<SealDocuments, 'isDone'>;
  /** What is destroyed in the background. */
  readonly retaining: {
    wake(): void;
    /** Why the last attempt could not be ended: a stable code; null if it could. */
    readonly failure: string | null;
  };
}
