import type { ErrorPolicy } from '../policy.ts';

/** Codes of auditor. */
export const AUDITOR_CODES = {} as const satisfies Record<string, ErrorPolicy>;
