import { readFileSync } from 'node:fs';
import { ACTION_PLACE } from '#contracts';
import { HubError } from '#errors';
import { readablePath } from '#platform';
import { parseVkey, parseWitnessSkey, type Cosigner, type KnownLog } from '#tlog';
import { z } from 'zod';

/** What a node is a witness with, and of what. */
export interface WitnessSettings {
  readonly cosigner: Cosigner;
  readonly logs: readonly KnownLog[];
}

export const witnessConfig = z
  .object({
    WITNESS_KEY_FILE: readablePath
      .optional()
      .describe(
        'the path of the key with which this node cosigns checkpoints, one line PRIVATE+KEY+<name>+<id>+<key> of type 0x04',
      ),
    WITNESS_LOGS: z
      .string()
      .default('')
      .superRefine((text, context) => {
        for (const vkey of wordsOf(text)) {
          try {
            parseVkey(vkey);
          } catch (error) {
            if (!(error instanceof HubError)) throw error;
            context.addIssue({ code: 'custom', message: `vkeys of logs: ${error.message}` });
          }
        }
      })
      .describe('the vkeys of the logs that this node is a witness of, separated by blanks'),
  })
  .superRefine((env, context) => {
    if (env.WITNESS_KEY_FILE !== undefined || wordsOf(env.WITNESS_LOGS).length === 0) return;
    const message = 'the path of the witness’s key, because WITNESS_LOGS is set';
    context.addIssue({ code: 'custom', path: ['WITNESS_KEY_FILE'], message });
  })
  .transform((env) => ({ keyFile: env.WITNESS_KEY_FILE ?? null, vkeys: wordsOf(env.WITNESS_LOGS) }));

/**
 * Reads the witness's key.
 * @returns null for a node that is no witness
 * @throws HubError `LOG_KEY_MALFORMED`, `BASE64_NOT_STRICT`
 */
export function readWitness({ keyFile, vkeys }: z.output<typeof witnessConfig>): WitnessSettings | null {
  if (keyFile === null) return null;
  const cosigner = parseWitnessSkey(readFileSync(keyFile, 'utf8').trim());
  // It stands as it is in a signed action.
  if (!ACTION_PLACE.test(cosigner.verifier.vkey)) {
    throw new HubError(
      'LOG_KEY_MALFORMED',
      `the name of the witness’s key in ${keyFile} may have letters, digits and _.:/- only, and 190 of them`,
    );
  }
  // Several keys of one name are one log, whose key is being replaced.
  const keys = Map.groupBy(vkeys.map(parseVkey), ({ name }) => name);
  return { cosigner, logs: [...keys].map(([origin, ofOrigin]) => ({ origin, keys: ofOrigin })) };
}

function wordsOf(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}
