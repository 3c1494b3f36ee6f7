import type { Command } from 'commander';
import { z } from 'zod';
import { HubError } from '#errors';
import { readNetwork } from '../network/network-file.ts';
import { clientOf, memberAt } from '../network/nodes.ts';
import { answering, leaf, text, texts, collect, type Tell } from '../output/leaf.ts';
import { webhookPath, webhookText, webhookView } from './webhook-shapes.ts';

const options = z.object({ at: text, url: text.optional(), label: text.optional(), kind: texts });

/** `webhook update`: another URL, label or choice of kinds. */
export function webhookUpdate(tell: Tell): Command {
  return leaf('update <webhook-id>', {
    description: 'Change URL, label or kinds of a webhook; what waits goes to the new URL at once',
    examples: [
      'webhook update 0199b1c2-3d4e-7f00-8a1b-2c3d4e5f6071 --at c_d150 --url https://new.example/hub',
    ],
  })
    .requiredOption('--at <ipa>', 'the authority')
    .option('--url <url>', 'https, at a public address unless the node allows others')
    .option('--label <text>', 'the system that receives')
    .option('--kind <kind>', 'event, receipt, documents-complete or parked; may be repeated', collect)
    .action(
      answering(options, tell, async ({ options: { at, url, label, kind }, args: [id = ''], home }) => {
        const body = {
          ...(url === undefined ? {} : { url }),
          ...(label === undefined ? {} : { label }),
          ...(kind.length === 0 ? {} : { kinds: kind }),
        };
        if (Object.keys(body).length === 0)
          throw new HubError('USAGE_INVALID', 'nothing to change: give --url, --label or --kind');
        const client = clientOf(memberAt(await readNetwork(home), at));
        const webhook = await client.patch(webhookPath(id), webhookView, body);
        return { json: webhook, text: webhookText(webhook) };
      }),
    );
}
