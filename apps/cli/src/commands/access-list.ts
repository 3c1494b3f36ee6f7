import type { Command } from 'commander';
import { z } from 'zod';
import { accessPage, whatOf, whoOf } from '../accesses/access-shapes.ts';
import { readNetwork } from '../network/network-file.ts';
import { clientOf, nodeAt } from '../network/nodes.ts';
import { answering, leaf, text, type Tell } from '../output/leaf.ts';
import { table } from '../output/table.ts';

const options = z.object({
  at: text,
  practice: text.optional(),
  owner: text.optional(),
  token: text.optional(),
  operator: text.optional(),
  from: text.optional(),
  to: text.optional(),
  after: text.optional(),
  limit: z.coerce.number().int().min(1).max(500).default(100),
});

/** `access list`: who has read what at a node. */
export function accessList(tell: Tell): Command {
  return leaf('list', {
    description: 'Who has read what at a node, oldest first; `access proof <id>` proves each',
    examples: [
      'access list --at c_d150 --practice 7c9e6679-7425-40de-944b-e07fc1f90ae7',
      'access list --at c_d150 --operator "u-417" --from 2026-03-01T00:00:00Z',
    ],
  })
    .option('--at <node>', 'router, auditor, or the IPA code of an authority')
    .option('--practice <id>', 'of this practice')
    .option('--owner <ipa>', 'the practice’s owner, when two have this id')
    .option('--token <id>', 'by this token')
    .option('--operator <name>', 'by this person, as the token’s system has named it')
    .option('--from <time>', 'at this time or later, ISO 8601')
    .option('--to <time>', 'before this time, ISO 8601')
    .option('--after <cursor>', 'go on behind this cursor, the `next` of the page before')
    .option('--limit <n>', 'at most this many', '100')
    .action(
      answering(options, tell, async ({ options: { at, ...query }, home }) => {
        const node = nodeAt(await readNetwork(home), at);
        const page = await clientOf(node).get('/v1/accesses', accessPage, query);
        const rows = page.accesses.map((access) => [
          access.at,
          whoOf(access),
          whatOf(access),
          access.purpose ?? '-',
          access.id,
        ]);
        const list = table(['when', 'who', 'what', 'why', 'id'], rows);
        return { json: page, text: page.next === null ? list : `${list}\nmore: --after ${page.next}` };
      }),
    );
}
