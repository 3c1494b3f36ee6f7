import type { Command } from 'commander';
import { z } from 'zod';
import { whatOf, whoOf } from '../accesses/access-shapes.ts';
import { readNetwork } from '../network/network-file.ts';
import { nodeAt } from '../network/nodes.ts';
import { answering, leaf, text, type Tell } from '../output/leaf.ts';
import { fields } from '../output/table.ts';

const options = z.object({ at: text, wait: z.coerce.number().min(0).max(600).default(5) });

/** `access proof`: does an access stand in the log? Checked here, with the log's public key. */
export function accessProofCommand(tell: Tell): Command {
  return leaf('proof <id>', {
    description:
      "Prove that an access stands in the log: under the root of its minute, and that root under the log's, checked here",
    examples: ['access proof 0199b1c2-3d4e-7f00-8a1b-2c3d4e5f6071 --at c_d150 --wait 90'],
  })
    .option('--at <node>', 'where it was read: router, auditor, or the IPA code of an authority')
    .option('--wait <seconds>', 'how long to wait for an access whose minute is not over yet', '5')
    .action(
      answering(options, tell, async ({ options: { at, wait }, args: [id = ''], home }) => {
        const network = await readNetwork(home);
        const { checkAccess } = await import('../accesses/check-access.ts');
        const checked = await checkAccess(network, nodeAt(network, at), id, wait * 1_000);
        const { access, anchor, under } = checked;
        const summary = {
          access: `${whatOf(access)} at ${access.node}`,
          when: access.at,
          who: `${whoOf(access)} (as ${access.by.reference} in the log)`,
          why: access.purpose ?? 'not said',
          anchor: `${access.anchor?.id ?? ''}: access ${access.index} of ${under.size}`,
          place: `leaf ${anchor.index} of ${anchor.size}`,
          root: anchor.root,
          'signed by': anchor.signedBy.join(', '),
        };
        return {
          json: { verified: true, vkey: network.log.vkey, ...checked },
          text: `IN THE LOG\n${fields(summary)}\n\n${anchor.proof}`,
        };
      }),
    );
}
