import type { Command } from 'commander';
import { z } from 'zod';
import { readNetwork } from '../network/network-file.ts';
import { clientOf, nodeAt } from '../network/nodes.ts';
import { answering, leaf, text, type Tell } from '../output/leaf.ts';
import { table } from '../output/table.ts';
import { actionPage } from './quarantine-shapes.ts';

const options = z.object({
  at: text.default('router'),
  after: text.optional(),
  subject: text.optional(),
  limit: z.coerce.number().int().min(1).max(500).default(100),
});

/** `quarantine actions`: what operators did at a node; each is a leaf of the log. */
export function quarantineActions(tell: Tell): Command {
  return leaf('actions', {
    description: 'What operators did at a node, oldest first; `audit proof <id> --kind action` proves each',
    examples: ['quarantine actions --at router', 'quarantine actions --at p_cr --subject quarantine/<id>'],
  })
    .option('--at <node>', 'router, auditor, or the IPA code of an authority', 'router')
    .option('--after <cursor>', 'go on behind this cursor, the `next` of the page before')
    .option(
      '--subject <what>',
      'only what was done to this, also when it is there no longer: quarantine/<id>',
    )
    .option('--limit <n>', 'at most this many', '100')
    .action(
      answering(options, tell, async ({ options: { at, ...query }, home }) => {
        const page = await clientOf(nodeAt(await readNetwork(home), at)).get(
          '/v1/actions',
          actionPage,
          query,
        );
        const rows = page.actions.map((action) => [
          action.at,
          action.kind,
          action.outcome,
          action.by.label ?? action.by.tokenId ?? 'the node',
          action.subject,
          action.id,
        ]);
        const list = table(['when', 'what', 'outcome', 'token', 'on', 'id'], rows);
        return { json: page, text: page.next === null ? list : `${list}\nmore: --after ${page.next}` };
      }),
    );
}
