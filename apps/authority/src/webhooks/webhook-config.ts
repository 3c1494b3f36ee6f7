import { readablePath } from '#platform';
import { z } from 'zod';
import { isNetwork } from './address-guard.ts';

/** `WEBHOOK_ALLOWED_ADDRESSES`, `WEBHOOK_CA`. */
export const webhookConfig = z
  .object({
    WEBHOOK_ALLOWED_ADDRESSES: z
      .string()
      .default('')
      .transform((list) =>
        list
          .split(',')
          .map((each) => each.trim())
          .filter((each) => each !== ''),
      )
      .refine((networks) => networks.every(isNetwork), 'IP addresses or networks such as 10.20.0.0/16')
      .describe(
        'IP addresses or networks such as 10.20.0.0/16, separated by commas, that webhooks may lead to',
      ),
    WEBHOOK_CA: readablePath
      .optional()
      .describe(
        'the path of CA certificates, PEM, that webhooks’ servers are trusted by beside the public ones',
      ),
  })
  .transform((env) => ({ allowedAddresses: env.WEBHOOK_ALLOWED_ADDRESSES, ca: env.WEBHOOK_CA ?? null }));
