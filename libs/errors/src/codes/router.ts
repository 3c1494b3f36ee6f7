import type { ErrorPolicy } from '../policy.ts';

/** Codes of router. */
export const ROUTER_CODES = {} as const satisfies Record<string, ErrorPolicy>;
