import type { Command } from 'commander';
import { z } from 'zod';
import { readNetwork } from '../network/network-file.ts';
import { clientOf, memberAt } from '../network/nodes.ts';
import { answering, leaf, text, type Tell } from '../output/leaf.ts';
import { table } from '../output/table.ts';
import { protocolPage } from './protocol-shapes.ts';

const options = z.object({
  at: text,
  year: text.optional(),
  from: text.optional(),
  to: text.optional(),
  direction: text.optional(),
  state: text.optional(),
  q: text.optional(),
  after: text.optional(),
  limit: z.coerce.number().int().min(1).max(500).default(50),
});

/** `protocol list`: the register of one authority, newest first, by pages. */
export function protocolList(tell: Tell): Command {
  return leaf('list', {
    description: 'List the protocol register of an authority, newest first',
    examples: [
      'protocol list --at c_d150 --year 2026 --direction in',
      'protocol list --at p_cr --from 2026-03-01 --to 2026-03-31 --json',
    ],
  })
    .requiredOption('--at <ipa>', 'the authority')
    .option('--year <year>', 'only of this year')
    .option('--from <date>', 'registered on this day or later, YYYY-MM-DD')
    .option('--to <date>', 'registered on this day or earlier')
    .option('--direction <direction>', 'in (arrivo), out (partenza) or internal (interno)')
    .option('--state <state>', 'registered or cancelled')
    .option('--q <text>', 'text in subject, CUI or correspondents')
    .option('--after <cursor>', 'go on behind this cursor, the `next` of the page before')
    .option('--limit <n>', 'at most this many', '50')
    .action(
      answering(options, tell, async ({ options: { at, ...query }, home }) => {
        const member = memberAt(await readNetwork(home), at);
        const { entries, next } = await clientOf(member).get('/v1/protocol', protocolPage, query);
        const rows = entries.map(({ year, number, date, direction, state, subject }) => [
          `${year}/${number}`,
          date,
          direction,
          state,
          subject,
        ]);
        const list = table(['entry', 'date', 'direction', 'state', 'subject'], rows);
        const hint = next === null ? '' : `\nmore: --after ${next}`;
        return { json: { at: member.ipa, entries, next }, text: `${list}${hint}` };
      }),
    );
}
