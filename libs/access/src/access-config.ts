import { z } from 'zod';

/** `ADMIN_TOKEN_SHA256`: SHA-256 of the text of the operator's first token, which gets every scope. */
export const accessConfig = z
  .object({
    ADMIN_TOKEN_SHA256: z
      .string()
      .regex(/^[0-9a-fA-F]{64}$/)
      .optional()
      .describe('the SHA-256 of a token text, 64 hexadecimal digits'),
  })
  .transform((env): { readonly adminTokenSha256?: string } =>
    env.ADMIN_TOKEN_SHA256 === undefined ? {} : { adminTokenSha256: env.ADMIN_TOKEN_SHA256.toLowerCase() },
  );
