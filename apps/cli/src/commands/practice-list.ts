import type { Command } from 'commander';
import { z } from 'zod';
import { readNetwork } from '../network/network-file.ts';
import { clientOf, memberAt } from '../network/nodes.ts';
import type { Answer } from '../output/answer.ts';
import { answering, leaf, text, type Tell } from '../output/leaf.ts';
import { table } from '../output/table.ts';
import { askEveryMember } from '../practices/every-member.ts';
import { practicePage, type PracticeSummary } from '../practices/practice-shapes.ts';
import type { Query } from '../rest/rest-client.ts';

const options = z.object({
  at: text.optional(),
  q: text.optional(),
  state: text.optional(),
  procedure: text.optional(),
  from: text.optional(),
  to: text.optional(),
  after: text.optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});

/** `practice list`: at one authority by pages, or at all of them, each practice once. */
export function practiceList(tell: Tell): Command {
  return leaf('list', {
    description: 'List practices, newest filing first',
    examples: [
      'practice list --at p_cr --state presented',
      'practice list --q "forno" --from 2026-01-01 --json',
    ],
  })
    .option('--at <ipa>', 'only what this authority holds; every authority when absent')
    .option('--q <text>', "text in one of the form's search fields (the owner's node has them)")
    .option('--state <code>', 'only in this state')
    .option('--procedure <code>', 'only of this procedure')
    .option('--from <date>', 'filed on this day or later, YYYY-MM-DD')
    .option('--to <date>', 'filed on this day or earlier')
    .option('--after <cursor>', 'go on behind this cursor, the `next` of the page before (with --at)')
    .option('--limit <n>', 'at most this many from each authority', '50')
    .action(
      answering(options, tell, async ({ options: { at, ...query }, home }) => {
        const network = await readNetwork(home);
        if (at === undefined) return everywhere(await askEveryMember(network, (node) => page(node, query)));
        const member = memberAt(network, at);
        const { practices, next } = await page(clientOf(member), query);
        const hint = next === null ? '' : `\nmore: --after ${next}`;
        return { json: { at: member.ipa, practices, next }, text: `${listText(practices)}${hint}` };
      }),
    );
}

async function page(node: ReturnType<typeof clientOf>, query: Query): Promise<z.output<typeof practicePage>> {
  return await node.get('/v1/practices', practicePage, query);
}

type Pages = Awaited<ReturnType<typeof askEveryMember<z.output<typeof practicePage>>>>;

function everywhere({ answers, unreachable }: Pages): Answer {
  const found = new Map<string, PracticeSummary & { authorities: string[] }>();
  for (const { member, value } of answers) {
    for (const practice of value.practices) {
      const key = `${practice.owner}/${practice.practiceId}`;
      const known = found.get(key);
      // The owner's word on the state goes before the others'.
      const isOwners = member.ipa.toLowerCase() === practice.owner.toLowerCase();
      const authorities = [...(known?.authorities ?? []), member.ipa];
      found.set(key, { ...(known === undefined || isOwners ? practice : known), authorities });
    }
  }
  const practices = [...found.values()].sort((one, other) => other.filedAt.localeCompare(one.filedAt));
  const away = unreachable.map(({ authority, code }) => `\n${authority} could not be asked: ${code}`);
  return { json: { practices, unreachable }, text: `${listText(practices)}${away.join('')}` };
}

function listText(
  practices: readonly (PracticeSummary & { readonly authorities?: readonly string[] })[],
): string {
  return table(
    ['CUI', 'procedure', 'state', 'filed', practices[0]?.authorities === undefined ? 'part' : 'held by'],
    practices.map(({ cui, procedure, state, filedAt, authorities, part }) => [
      cui,
      procedure,
      state,
      filedAt,
      authorities?.join(' ') ?? part,
    ]),
  );
}
