import type { ErrorPolicy } from '../policy.ts';

/** Codes of authority. */
export const AUTHORITY_CODES = {} as const satisfies Record<string, ErrorPolicy>;
