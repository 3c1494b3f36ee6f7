import type { Command } from 'commander';
import { z } from 'zod';
import { readNetwork } from '../network/network-file.ts';
import { clientOf, memberAt } from '../network/nodes.ts';
import { answering, leaf, text, type Tell } from '../output/leaf.ts';
import { outcome, webhookPath, webhookTest } from './webhook-shapes.ts';

const options = z.object({ at: text });

/** `webhook test`: sends a `webhook.ping` now. */
export function webhookTestNow(tell: Tell): Command {
  return leaf('test <webhook-id>', {
    description: 'Send a webhook.ping now and tell what came of it; 1 if it was not taken',
    examples: ['webhook test 0199b1c2-3d4e-7f00-8a1b-2c3d4e5f6071 --at c_d150'],
  })
    .requiredOption('--at <ipa>', 'the authority')
    .action(
      answering(options, tell, async ({ options: { at }, args: [id = ''], home }) => {
        const client = clientOf(memberAt(await readNetwork(home), at));
        const result = await client.post(`${webhookPath(id)}/test`, webhookTest);
        const said = result.delivered ? 'was taken' : 'was not taken';
        return {
          json: result,
          text: `the ping ${said}: ${outcome(result)}, ${result.latencyMs} ms`,
          exitCode: result.delivered ? 0 : 1,
        };
      }),
    );
}
