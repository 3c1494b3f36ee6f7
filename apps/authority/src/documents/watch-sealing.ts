/** What a node tells of the encryption of its documents: a health check. */
import type { HealthRegistry } from '#platform';
import type { SealDocuments } from './seal-documents.ts';

/** What is in the clear, or under a key that does not open, degrades the node: everything else goes on. */
export function watchSealing(health: HealthRegistry, sealing: Pick<SealDocuments, 'lastPass'>): void {
  health.register(
    'document-keys',
    () => {
      const pass = sealing.lastPass;
      if (pass === null) return { status: 'up', detail: 'not looked through yet' };
      const { sealed, failed, rewrapped, unopened, code, endedAt } = pass;
      const found = `${sealed} sealed, ${failed} left in the clear, ${rewrapped} keys wrapped anew, ${unopened} that do not open`;
      if (code !== null) return { status: 'degraded', detail: `${code}: ${found}` };
      if (unopened > 0) return { status: 'degraded', detail: `DOCUMENT_KEY_MISSING: ${found}` };
      return { status: 'up', detail: endedAt === null ? `looking: ${found}` : found };
    },
    { required: false },
  );
}
