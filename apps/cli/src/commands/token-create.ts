import type { Command } from 'commander';
import { z } from 'zod';
import { readNetwork } from '../network/network-file.ts';
import { clientOf, nodeAt } from '../network/nodes.ts';
import { answering, leaf, text, type Tell } from '../output/leaf.ts';
import { fields } from '../output/table.ts';
import { createdToken } from './token-shapes.ts';

const options = z.object({
  at: text,
  label: text,
  scopes: text.transform((list) => list.split(',').map((scope) => scope.trim())),
});

/** `token create`: a token for a partner's system. Its text is shown once. */
export function tokenCreate(tell: Tell): Command {
  return leaf('create', {
    description: "Make a token for a partner's system; its text is shown this once",
    examples: ['token create --at c_d150 --label "protocollo" --scopes file,act,read'],
  })
    .requiredOption('--at <node>', 'IPA code of an authority, or router, registry, auditor')
    .requiredOption('--label <text>', 'the system that will use it')
    .requiredOption(
      '--scopes <list>',
      'of file, act, read, quarantine, webhooks, retention, admin; separated by commas',
    )
    .action(
      answering(options, tell, async ({ options: { at, label, scopes }, home }) => {
        const client = clientOf(nodeAt(await readNetwork(home), at));
        const created = await client.post('/v1/tokens', createdToken, { label, scopes });
        const { token, id } = created;
        return { json: created, text: fields({ token, id, label, scopes: created.scopes.join(', ') }) };
      }),
    );
}
