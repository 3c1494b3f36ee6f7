import type { ErrorPolicy } from '../policy.ts';

/** Codes of cli. */
export const CLI_CODES = {} as const satisfies Record<string, ErrorPolicy>;
