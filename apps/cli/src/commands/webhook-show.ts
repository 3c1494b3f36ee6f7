import type { Command } from 'commander';
import { z } from 'zod';
import { readNetwork } from '../network/network-file.ts';
import { clientOf, memberAt } from '../network/nodes.ts';
import { answering, leaf, text, type Tell } from '../output/leaf.ts';
import { table } from '../output/table.ts';
import { outcome, webhookAttempts, webhookPath, webhookText, webhookView } from './webhook-shapes.ts';

const options = z.object({ at: text });
/** Attempts shown as text; the JSON document has all that the node keeps. */
const SHOWN = 10;

/** `webhook show`: one webhook, how it stands, and its latest attempts. */
export function webhookShow(tell: Tell): Command {
  return leaf('show <webhook-id>', {
    description: 'Show a webhook, how it stands, and its latest attempts',
    examples: ['webhook show 0199b1c2-3d4e-7f00-8a1b-2c3d4e5f6071 --at c_d150'],
  })
    .requiredOption('--at <ipa>', 'the authority')
    .action(
      answering(options, tell, async ({ options: { at }, args: [id = ''], home }) => {
        const client = clientOf(memberAt(await readNetwork(home), at));
        const webhook = await client.get(webhookPath(id), webhookView);
        const { attempts } = await client.get(`${webhookPath(id)}/attempts`, webhookAttempts);
        const rows = attempts
          .slice(0, SHOWN)
          .map((each) => [each.at, `${each.latencyMs} ms`, outcome(each), each.messageId]);
        const log = rows.length === 0 ? '' : `\n\n${table(['at', 'took', 'answer', 'message'], rows)}`;
        return { json: { ...webhook, attempts }, text: `${webhookText(webhook)}${log}` };
      }),
    );
}
