import type { ErrorPolicy } from '../policy.ts';

/** Codes of registry. */
export const REGISTRY_CODES = {} as const satisfies Record<string, ErrorPolicy>;
