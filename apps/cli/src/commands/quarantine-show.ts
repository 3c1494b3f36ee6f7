import type { Command } from 'commander';
import { z } from 'zod';
import { readNetwork } from '../network/network-file.ts';
import { clientOf, nodeAt } from '../network/nodes.ts';
import { answering, leaf, text, type Tell } from '../output/leaf.ts';
import { fields } from '../output/table.ts';
import { quarantineEntry } from './quarantine-shapes.ts';

const options = z.object({ at: text.default('router') });

/** `quarantine show`: one parked record, its bytes, why, and what can be done. */
export function quarantineShow(tell: Tell): Command {
  return leaf('show <id>', {
    description: 'Show a parked record: why, what can be done, and its bytes',
    examples: [
      'quarantine show 0199b1c2-3d4e-7f00-8a1b-2c3d4e5f6071',
      'quarantine show <id> --at p_cr --json',
    ],
  })
    .option('--at <node>', 'router, or the IPA code of an authority', 'router')
    .action(
      answering(options, tell, async ({ options: { at }, args: [id = ''], home }) => {
        const client = clientOf(nodeAt(await readNetwork(home), at));
        const entry = await client.get(`/v1/quarantine/${encodeURIComponent(id)}`, quarantineEntry);
        const { code, reason, status, parkedAt, remedy, bytes } = entry;
        const summary = { id, code, reason, status, since: parkedAt, remedy: remedy?.en ?? '-' };
        return {
          json: entry,
          text: `${fields(summary)}\n\n${Buffer.from(bytes, 'base64').toString('utf8')}`,
        };
      }),
    );
}
