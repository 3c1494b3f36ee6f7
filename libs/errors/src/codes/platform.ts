import type { ErrorPolicy } from '../policy.ts';

/** Codes of platform. */
export const PLATFORM_CODES = {} as const satisfies Record<string, ErrorPolicy>;
