import type { Command } from 'commander';
import { z } from 'zod';
import { readNetwork } from '../network/network-file.ts';
import { clientOf, nodeAt } from '../network/nodes.ts';
import { answering, leaf, text, type Tell } from '../output/leaf.ts';
import { table } from '../output/table.ts';
import { tokenView } from './token-shapes.ts';

const options = z.object({ at: text });

/** `token list`: the tokens of a node, without their text. */
export function tokenList(tell: Tell): Command {
  return leaf('list', { description: 'List the tokens of a node', examples: ['token list --at c_d150'] })
    .requiredOption('--at <node>', 'IPA code of an authority, or router, registry, auditor')
    .action(
      answering(options, tell, async ({ options: { at }, home }) => {
        const client = clientOf(nodeAt(await readNetwork(home), at));
        const { tokens } = await client.get('/v1/tokens', z.object({ tokens: z.array(tokenView) }));
        const rows = tokens.map(({ id, label, scopes, lastUsedAt, revokedAt }) => [
          id,
          label,
          scopes.join(' '),
          lastUsedAt ?? 'never',
          revokedAt ?? '-',
        ]);
        return { json: { tokens }, text: table(['id', 'label', 'scopes', 'last used', 'revoked'], rows) };
      }),
    );
}
