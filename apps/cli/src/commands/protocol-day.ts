import type { Command } from 'commander';
import { z } from 'zod';
import { readNetwork } from '../network/network-file.ts';
import { clientOf, memberAt } from '../network/nodes.ts';
import { answering, leaf, text, type Tell } from '../output/leaf.ts';
import { fields } from '../output/table.ts';
import { writeOut } from '../output/write-out.ts';

const options = z.object({ at: text, out: text, register: text.optional() });
const daily = z.object({
  register: z.string(),
  date: z.string(),
  entries: z.array(z.unknown()),
  cancellations: z.array(z.unknown()),
});

/** `protocol day`: the daily register of a day that is over, into a file. */
export function protocolDay(tell: Tell): Command {
  return leaf('day <date>', {
    description: 'Write the daily register of a day that is over into a file, for preservation',
    examples: ['protocol day 2026-03-04 --at p_cr --out registro-2026-03-04.json'],
  })
    .requiredOption('--at <ipa>', 'the authority')
    .requiredOption('--out <file>', 'where to write it')
    .option('--register <code>', 'code of the register, if not the present one')
    .action(
      answering(options, tell, async ({ options: { at, out, register }, args: [day = ''], home }) => {
        const member = memberAt(await readNetwork(home), at);
        const route = `/v1/protocol/days/${encodeURIComponent(day)}`;
        const bytes = await clientOf(member).bytes(route, { register });
        const given = daily.parse(JSON.parse(bytes.toString('utf8')));
        const written = await writeOut(out, bytes);
        const answer = {
          date: given.date,
          at: member.ipa,
          register: given.register,
          entries: given.entries.length,
          cancellations: given.cancellations.length,
          ...written,
        };
        const { date, entries, cancellations, out: file, sha256 } = answer;
        return {
          json: answer,
          text: fields({
            day: date,
            entries: String(entries),
            cancellations: String(cancellations),
            file,
            sha256,
          }),
        };
      }),
    );
}
