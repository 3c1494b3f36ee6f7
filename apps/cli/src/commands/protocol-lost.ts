import type { Command } from 'commander';
import { z } from 'zod';
import { readNetwork } from '../network/network-file.ts';
import { clientOf, memberAt } from '../network/nodes.ts';
import { languageOf } from '../output/failure.ts';
import { answering, leaf, text, type Tell } from '../output/leaf.ts';
import { table } from '../output/table.ts';

const options = z.object({
  at: text,
  register: text.optional(),
  year: text.optional(),
  all: z.boolean().default(false),
  after: text.optional(),
  limit: z.coerce.number().int().min(1).max(500).default(100),
});

const inBoth = z.object({ it: z.string(), en: z.string() });
/** As `GET /v1/protocol/lost` answers. */
const lostPage = z.object({
  numbers: z.array(
    z.looseObject({
      register: z.string(),
      year: z.number(),
      number: z.string(),
      foundAt: z.string(),
      message: z.object({ author: z.string(), eventId: z.string() }).nullable(),
      registeredAgain: z.boolean(),
      reason: z.looseObject({ code: z.string(), sentence: inBoth }).nullable(),
    }),
  ),
  next: z.string().nullable(),
});

/** `protocol lost`: numbers of the register that were given out before a restore, and why they have no entry. */
export function protocolLost(tell: Tell): Command {
  return leaf('lost', {
    description:
      'Protocol numbers that were given out before the node was restored, and why they have no entry',
    examples: ['protocol lost --at c_d150', 'protocol lost --at c_d150 --all --json'],
  })
    .requiredOption('--at <ipa>', 'the authority')
    .option('--register <code>', 'only of this register')
    .option('--year <year>', 'only of this year')
    .option('--all', 'also those that have their entry again')
    .option('--after <cursor>', 'go on behind this cursor, the `next` of the page before')
    .option('--limit <n>', 'at most this many', '100')
    .action(
      answering(options, tell, async ({ options: { at, all, ...query }, home }) => {
        const member = memberAt(await readNetwork(home), at);
        const asked = { ...query, all: String(all) };
        const { numbers, next } = await clientOf(member).get('/v1/protocol/lost', lostPage, asked);
        const language = languageOf(process.env);
        const rows = numbers.map(({ register, year, number, foundAt, message, reason }) => [
          `${register} ${year}/${number}`,
          foundAt,
          message === null ? '-' : `${message.author} ${message.eventId}`,
          reason === null ? 'registered again' : `${reason.code}: ${reason.sentence[language]}`,
        ]);
        const list = table(['number', 'found', 'message', 'why'], rows);
        const hint = next === null ? '' : `\nmore: --after ${next}`;
        return { json: { at: member.ipa, numbers, next }, text: `${list}${hint}` };
      }),
    );
}
