import type { Command } from 'commander';
import { z } from 'zod';
import { readNetwork } from '../network/network-file.ts';
import { clientOf, memberAt } from '../network/nodes.ts';
import { answering, leaf, text, type Tell } from '../output/leaf.ts';
import { webhookPath, webhookText, webhookView } from './webhook-shapes.ts';

const options = z.object({ at: text });

/** `webhook pause`: sends nothing more until it is resumed. */
export function webhookPause(tell: Tell): Command {
  return leaf('pause <webhook-id>', {
    description: 'Send nothing until the webhook is resumed; what waits stays where it is',
    examples: ['webhook pause 0199b1c2-3d4e-7f00-8a1b-2c3d4e5f6071 --at c_d150'],
  })
    .requiredOption('--at <ipa>', 'the authority')
    .action(
      answering(options, tell, async ({ options: { at }, args: [id = ''], home }) => {
        const client = clientOf(memberAt(await readNetwork(home), at));
        const webhook = await client.post(`${webhookPath(id)}/pause`, webhookView);
        return { json: webhook, text: webhookText(webhook) };
      }),
    );
}
