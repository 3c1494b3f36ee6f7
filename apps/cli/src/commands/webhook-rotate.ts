import type { Command } from 'commander';
import { z } from 'zod';
import { readNetwork } from '../network/network-file.ts';
import { clientOf, memberAt } from '../network/nodes.ts';
import { answering, leaf, text, type Tell } from '../output/leaf.ts';
import { webhookPath, webhookText, webhookWithSecret } from './webhook-shapes.ts';

const options = z.object({
  at: text,
  overlapHours: z.coerce.number().int().optional(),
  idempotencyKey: text.optional(),
});

/** `webhook rotate`: a new secret; for a while requests are signed with both. */
export function webhookRotate(tell: Tell): Command {
  return leaf('rotate <webhook-id>', {
    description: 'Make a new secret, shown this once; for a while requests are signed with both',
    examples: ['webhook rotate 0199b1c2-3d4e-7f00-8a1b-2c3d4e5f6071 --at c_d150 --overlap-hours 48'],
  })
    .requiredOption('--at <ipa>', 'the authority')
    .option('--overlap-hours <n>', 'how long the old secret signs too, 0 to 168; 24 when absent')
    .option('--idempotency-key <key>', 'the same key with the same content rotates only once')
    .action(
      answering(options, tell, async ({ options: given, args: [id = ''], home }) => {
        const { at, overlapHours, idempotencyKey } = given;
        const client = clientOf(memberAt(await readNetwork(home), at));
        const body = overlapHours === undefined ? {} : { overlapHours };
        const path = `${webhookPath(id)}/rotate-secret`;
        const rotated = await client.post(path, webhookWithSecret, body, { idempotencyKey });
        return {
          json: rotated,
          text: `secret  ${rotated.secret ?? '(replaced since)'}\n${webhookText(rotated)}`,
        };
      }),
    );
}
