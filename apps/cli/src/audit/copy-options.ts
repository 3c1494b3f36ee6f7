import { z } from 'zod';
import { HubError } from '#errors';
import { text } from '../output/leaf.ts';

/** The fingerprint of a root certificate. */
export const fingerprint = z
  .string()
  .regex(/^([0-9a-fA-F]{2}:?){31}[0-9a-fA-F]{2}$/, 'the SHA-256 of a certificate: 64 hexadecimal characters');

/** Options that say whom one believes. */
const shape = z.object({ vkey: text.optional(), root: fingerprint.optional() });
export type CopyOptions = z.output<typeof shape>;

/** @throws HubError `USAGE_INVALID` */
export function copyOptionsOf({ vkey, root }: CopyOptions): CopyOptions {
  const parsed = shape.safeParse({ vkey, root });
  if (parsed.success) return parsed.data;
  throw new HubError(
    'USAGE_INVALID',
    parsed.error.issues.map(({ path, message }) => `--${path.join('.')}: ${message}`).join('\n'),
  );
}
