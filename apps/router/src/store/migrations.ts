import { CreateEquivocations1767225603120 } from '#equivocations';
import { QUARANTINE_MIGRATIONS } from '#quarantine';
import { CreateRecovery1767225603501 } from './create-recovery.ts';
import { CreateRouterGaps1767225603111 } from './create-router-gaps.ts';
import { CreateRouting1767225601001 } from './create-routing.ts';
import { KeepNamedBytes1767225604601 } from './keep-named-bytes.ts';

/** The router's own tables, in the order in which they came to be. */
export const ROUTER_MIGRATIONS = [
  ...QUARANTINE_MIGRATIONS,
  CreateRouting1767225601001,
  CreateRouterGaps1767225603111,
  CreateEquivocations1767225603120,
  CreateRecovery1767225603501,
  KeepNamedBytes1767225604601,
] as const;
