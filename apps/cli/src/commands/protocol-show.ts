import type { Command } from 'commander';
import { z } from 'zod';
import { HubError } from '#errors';
import { readNetwork } from '../network/network-file.ts';
import { clientOf, memberAt } from '../network/nodes.ts';
import { answering, leaf, text, type Tell } from '../output/leaf.ts';
import { fields } from '../output/table.ts';
import { entryFields, entryPath, protocolEntry } from './protocol-shapes.ts';

const options = z.object({ at: text, register: text.optional() });

/** `protocol show`: one entry of an authority's register. */
export function protocolShow(tell: Tell): Command {
  return leaf('show <entry>', {
    description: 'Show an entry of the protocol register, by year and number',
    examples: ['protocol show 2026/0000042 --at p_cr'],
  })
    .requiredOption('--at <ipa>', 'the authority')
    .option('--register <code>', 'code of the register, if not the present one')
    .action(
      answering(options, tell, async ({ options: { at, register }, args: [name = ''], home }) => {
        const path = entryPath(name);
        if (path === undefined)
          throw new HubError('USAGE_INVALID', `an entry is named <year>/<number>, got ${name}`);
        const node = clientOf(memberAt(await readNetwork(home), at));
        const entry = await node.get(path, protocolEntry, { register });
        return { json: entry, text: fields(entryFields(entry)) };
      }),
    );
}
