import { z } from 'zod';

/** A token as a node tells of it: never its text. */
export const tokenView = z.object({
  id: z.string(),
  label: z.string(),
  scopes: z.array(z.string()),
  createdAt: z.string(),
  revokedAt: z.string().nullable(),
  lastUsedAt: z.string().nullable(),
});
export const createdToken = tokenView.extend({ token: z.string() });
