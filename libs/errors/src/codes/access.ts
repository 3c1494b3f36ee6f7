import type { ErrorPolicy } from '../policy.ts';

/** Codes of access. */
export const ACCESS_CODES = {} as const satisfies Record<string, ErrorPolicy>;
