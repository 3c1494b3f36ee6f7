import { CreateEquivocations1767225603120 } from '#equivocations';
import { CreateQuarantine1767225600030 } from '#quarantine';
import { CreateRouterGaps1767225603111 } from './create-router-gaps.ts';
import { CreateRouting1767225601001 } from './create-routing.ts';

/** The router's own tables, in the order in which they came to be. */
export const ROUTER_MIGRATIONS = [
  CreateQuarantine1767225600030,
  CreateRouting1767225601001,
  CreateRouterGaps1767225603111,
  CreateEquivocations1767225603120,
] as const;
