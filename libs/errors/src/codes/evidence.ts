import type { ErrorPolicy } from '../policy.ts';

/** Codes of evidence. */
export const EVIDENCE_CODES = {} as const satisfies Record<string, ErrorPolicy>;
