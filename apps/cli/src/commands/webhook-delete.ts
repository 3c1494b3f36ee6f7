import type { Command } from 'commander';
import { z } from 'zod';
import { readNetwork } from '../network/network-file.ts';
import { clientOf, memberAt } from '../network/nodes.ts';
import { answering, leaf, text, type Tell } from '../output/leaf.ts';
import { webhookPath, webhookView } from './webhook-shapes.ts';

const options = z.object({ at: text });

/** `webhook delete`: ends a webhook for good. */
export function webhookDelete(tell: Tell): Command {
  return leaf('delete <webhook-id>', {
    description: 'Delete a webhook with its secrets and its log; its cursor is told, for the feed',
    examples: ['webhook delete 0199b1c2-3d4e-7f00-8a1b-2c3d4e5f6071 --at c_d150'],
  })
    .requiredOption('--at <ipa>', 'the authority')
    .action(
      answering(options, tell, async ({ options: { at }, args: [id = ''], home }) => {
        const client = clientOf(memberAt(await readNetwork(home), at));
        const webhook = await client.delete(webhookPath(id), webhookView);
        return {
          json: webhook,
          text: `${webhook.id} (${webhook.label}) deleted; it stood at ${webhook.cursor}`,
        };
      }),
    );
}
