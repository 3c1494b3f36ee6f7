import type { Command } from 'commander';
import { z } from 'zod';
import { readNetwork } from '../network/network-file.ts';
import { clientOf, memberAt } from '../network/nodes.ts';
import { answering, collect, leaf, text, texts, type Tell } from '../output/leaf.ts';
import { fields } from '../output/table.ts';
import { filed } from '../practices/practice-shapes.ts';
import { attachFile, setFields } from '../rest/uploads.ts';

const options = z.object({
  at: text,
  procedure: text,
  form: text,
  attach: texts,
  territory: text.optional(),
  idempotencyKey: text.optional(),
});

/** `practice file`: files a form with its attachments at an authority. */
export function practiceFile(tell: Tell): Command {
  return leaf('file', {
    description: 'File a practice: a form, with its attachments, at an authority',
    examples: [
      'practice file --at c_d150 --procedure edilizia.scia --form scia.xml --attach relazione.pdf --attach tavola.pdf',
    ],
  })
    .requiredOption('--at <ipa>', 'the authority that receives the filing')
    .requiredOption('--procedure <code>', 'the procedure, e.g. edilizia.scia')
    .requiredOption('--form <file>', 'the form, XML')
    .option('--attach <file>', 'an attachment; may be repeated', collect)
    .option('--territory <istat>', "ISTAT code of the municipality concerned, if not the form's")
    .option('--idempotency-key <key>', 'the same key with the same content files only once')
    .action(
      answering(options, tell, async ({ options: given, home }) => {
        const node = clientOf(memberAt(await readNetwork(home), given.at));
        const form = new FormData();
        setFields(form, { procedure: given.procedure, territory: given.territory });
        await attachFile(form, 'form', given.form);
        for (const path of given.attach) await attachFile(form, 'attachment', path);
        const answer = await node.post('/v1/practices', filed, form, {
          idempotencyKey: given.idempotencyKey,
        });
        const { cui, practiceId, eventId, procedure, state, protocol } = answer;
        return {
          json: answer,
          text: fields({
            cui,
            practice: practiceId,
            event: eventId,
            procedure,
            state,
            protocol: `${protocol.register} ${protocol.number} ${protocol.date}`,
          }),
        };
      }),
    );
}
