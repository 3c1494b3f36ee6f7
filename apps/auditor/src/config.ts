import { readFileSync } from 'node:fs';
import { HubError } from '#errors';
import { readablePath } from '#platform';
import { parseSkey, type NoteSigner } from '#tlog';
import { z } from 'zod';

/** The log's name and its key; neither may change while the log lives. */
export const transparencyLogConfig = z.object({
  LOG_ORIGIN: z
    .string()
    .regex(/^[^\s+]{1,200}$/)
    .describe('the log’s name without spaces or plus signs, e.g. cremona.reset-hub.example/log'),
  LOG_KEY_FILE: readablePath.describe(
    'the path of the log’s signing key, one line PRIVATE+KEY+<name>+<id>+<key>',
  ),
});

/**
 * Reads the log's signing key.
 * @throws HubError `LOG_KEY_MALFORMED`, `LOG_KEY_NOT_OF_LOG` if its name is not the origin
 */
export function readLogSigner({
  LOG_ORIGIN: origin,
  LOG_KEY_FILE: path,
}: z.output<typeof transparencyLogConfig>): NoteSigner {
  const signer = parseSkey(readFileSync(path, 'utf8').trim());
  if (signer.verifier.name === origin) return signer;
  throw new HubError(
    'LOG_KEY_NOT_OF_LOG',
    `the key in ${path} is named ${signer.verifier.name}, not ${origin}`,
  );
}
