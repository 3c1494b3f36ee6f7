import type { Command } from 'commander';
import { z } from 'zod';
import { readNetwork } from '../network/network-file.ts';
import { clientOf, nodeAt } from '../network/nodes.ts';
import { answering, leaf, text, type Tell } from '../output/leaf.ts';
import { releaseResult } from './quarantine-shapes.ts';

const options = z.object({ at: text.default('router') });

/** `quarantine release`: runs the same checks again on a parked record. */
export function quarantineRelease(tell: Tell): Command {
  return leaf('release <id>', {
    description: 'Run the same checks again on a parked record; what passes goes its way',
    examples: ['quarantine release 0199b1c2-3d4e-7f00-8a1b-2c3d4e5f6071'],
  })
    .option('--at <node>', 'router, auditor, or the IPA code of an authority', 'router')
    .action(
      answering(options, tell, async ({ options: { at }, args: [id = ''], home }) => {
        const client = clientOf(nodeAt(await readNetwork(home), at));
        const result = await client.post(`/v1/quarantine/${encodeURIComponent(id)}/release`, releaseResult);
        const why = result.code === null ? '' : `: ${result.code}`;
        return {
          json: result,
          text: `${id} ${result.status}${why}`,
          exitCode: result.status === 'released' ? 0 : 1,
        };
      }),
    );
}
