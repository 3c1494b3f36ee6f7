import type { ErrorPolicy } from '../policy.ts';

/** Codes of documents. */
export const DOCUMENTS_CODES = {} as const satisfies Record<string, ErrorPolicy>;
