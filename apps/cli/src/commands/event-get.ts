import type { Command } from 'commander';
import { z } from 'zod';
import { readNetwork } from '../network/network-file.ts';
import { memberAt } from '../network/nodes.ts';
import { answering, leaf, text, type Tell } from '../output/leaf.ts';
import { fields } from '../output/table.ts';
import { writeOut } from '../output/write-out.ts';
import { findEvent } from '../practices/find-event.ts';

const options = z.object({ out: text, at: text.optional() });

/** `event get`: the signed bytes of an event, into a file. */
export function eventGet(tell: Tell): Command {
  return leaf('get <event-id>', {
    description: 'Write the signed bytes of an event into a file, exactly as its author signed them',
    examples: ['event get 0199b1c2-3d4e-7f00-8a1b-2c3d4e5f6071 --out event.xml --at p_cr'],
  })
    .requiredOption('--out <file>', 'where to write them')
    .option('--at <ipa>', 'the authority to ask; whichever has it when absent')
    .action(
      answering(options, tell, async ({ options: { out, at }, args: [eventId = ''], home }) => {
        const network = await readNetwork(home);
        const member = at === undefined ? undefined : memberAt(network, at);
        const { bytes, ...found } = await findEvent(network, eventId, member);
        const answer = { eventId, ...found, ...(await writeOut(out, bytes)) };
        const { type, author, cui, out: file, sha256 } = answer;
        return {
          json: answer,
          text: fields({ event: eventId, type, author, practice: cui, from: found.at, file, sha256 }),
        };
      }),
    );
}
