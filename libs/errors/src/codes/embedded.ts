import type { ErrorPolicy } from '../policy.ts';

/** Codes of embedded. */
export const EMBEDDED_CODES = {} as const satisfies Record<string, ErrorPolicy>;
