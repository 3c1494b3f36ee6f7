import type { Command } from 'commander';
import { z } from 'zod';
import { answering, leaf, text, type Tell } from '../output/leaf.ts';

const options = z.object({
  once: z.boolean().default(false),
  fresh: z.boolean().default(false),
  network: text.optional(),
});

/** `up`: the whole network on this machine. */
export function up(tell: Tell): Command {
  return leaf('up', {
    description: 'Start the network on this machine, file a practice and show its way; Ctrl-C ends it',
    examples: [
      'up',
      'up --once',
      'up --fresh --home /tmp/hub',
      'up --network ./contracts/catalogue/cremona/network.yaml',
    ],
  })
    .option('--once', 'end after the demonstration: 0 if every step worked')
    .option('--fresh', "delete the folder's data first")
    .option('--network <file>', 'the network.yaml of another network')
    .action(
      answering(options, tell, async ({ options: { once, fresh, network }, home, json }) => {
        const { runUp } = await import('../up/run-up.ts');
        await runUp({ home, json, once, fresh, network }, (answer) => {
          tell(answer, json);
        });
        return undefined;
      }),
    );
}
