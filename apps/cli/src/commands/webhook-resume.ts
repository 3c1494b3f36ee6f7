import type { Command } from 'commander';
import { z } from 'zod';
import { readNetwork } from '../network/network-file.ts';
import { clientOf, memberAt } from '../network/nodes.ts';
import { answering, leaf, text, type Tell } from '../output/leaf.ts';
import { FROM_TEXT, webhookPath, webhookText, webhookView } from './webhook-shapes.ts';

const options = z.object({ at: text, from: text.optional() });

/** `webhook resume`: goes on where a webhook stands, or delivers again from an earlier place. */
export function webhookResume(tell: Tell): Command {
  return leaf('resume <webhook-id>', {
    description: 'Go on where a paused or suspended webhook stands; with --from, deliver again from there',
    examples: [
      'webhook resume 0199b1c2-3d4e-7f00-8a1b-2c3d4e5f6071 --at c_d150',
      'webhook resume 0199b1c2-3d4e-7f00-8a1b-2c3d4e5f6071 --at c_d150 --from 2026-03-04T09:00:00Z',
    ],
  })
    .requiredOption('--at <ipa>', 'the authority')
    .option('--from <place>', `${FROM_TEXT}; where it stands when absent`)
    .action(
      answering(options, tell, async ({ options: { at, from }, args: [id = ''], home }) => {
        const client = clientOf(memberAt(await readNetwork(home), at));
        const body = from === undefined ? {} : { from };
        const webhook = await client.post(`${webhookPath(id)}/resume`, webhookView, body);
        return { json: webhook, text: webhookText(webhook) };
      }),
    );
}
