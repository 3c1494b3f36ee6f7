import { z } from 'zod';

import { SCOPES } from './scopes.ts';
import type { TokenRecord } from './token-store.ts';

/** A token as the API shows it. */
export const tokenView = z.object({
  id: z.uuid(),
  label: z.string(),
  scopes: z.array(z.enum(SCOPES)),
  createdAt: z.string().describe('ISO 8601, UTC'),
  revokedAt: z.string().nullable(),
  lastUsedAt: z.string().nullable().describe('To the minute'),
});
export type TokenView = z.output<typeof tokenView>;

/** A token just made. */
export const createdToken = tokenView.extend({ token: z.string().describe('Stored nowhere') });

export function viewOf(record: TokenRecord): TokenView {
  return {
    id: record.id,
    label: record.label,
    scopes: [...record.scopes],
    createdAt: record.createdAt.toISOString(),
    revokedAt: record.revokedAt?.toISOString() ?? null,
    lastUsedAt: record.lastUsedAt?.toISOString() ?? null,
  };
}
