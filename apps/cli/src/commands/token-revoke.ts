import type { Command } from 'commander';
import { z } from 'zod';
import { readNetwork } from '../network/network-file.ts';
import { clientOf, nodeAt } from '../network/nodes.ts';
import { answering, leaf, text, type Tell } from '../output/leaf.ts';
import { tokenView } from './token-shapes.ts';

const options = z.object({ at: text });

/** `token revoke`: shuts a token out from the next request on. */
export function tokenRevoke(tell: Tell): Command {
  return leaf('revoke <token-id>', {
    description: 'Revoke a token, by its id, from the next request on',
    examples: ['token revoke 0199b1c2-3d4e-7f00-8a1b-2c3d4e5f6071 --at c_d150'],
  })
    .requiredOption('--at <node>', 'IPA code of an authority, or router, registry, auditor')
    .action(
      answering(options, tell, async ({ options: { at }, args: [id = ''], home }) => {
        const client = clientOf(nodeAt(await readNetwork(home), at));
        const token = await client.delete(`/v1/tokens/${encodeURIComponent(id)}`, tokenView);
        return { json: token, text: `${token.id} (${token.label}) revoked at ${token.revokedAt ?? ''}` };
      }),
    );
}
