import type { ErrorPolicy } from '../policy.ts';

/** Codes of messaging. */
export const MESSAGING_CODES = {} as const satisfies Record<string, ErrorPolicy>;
