import type { Command } from 'commander';
import { z } from 'zod';
import { readNetwork } from '../network/network-file.ts';
import { clientOf, memberAt } from '../network/nodes.ts';
import { answering, collect, leaf, text, texts, type Tell } from '../output/leaf.ts';
import { fields } from '../output/table.ts';
import { findPractice } from '../practices/find-practice.ts';
import { issued } from '../practices/practice-shapes.ts';
import { attachFile, setFields } from '../rest/uploads.ts';

const options = z.object({
  at: text,
  type: text,
  outcome: text.optional(),
  days: text.optional(),
  dayKind: text.optional(),
  recipient: text.optional(),
  time: text.optional(),
  event: text.optional(),
  number: text.optional(),
  digest: text.optional(),
  reason: text.optional(),
  causeAuthor: text.optional(),
  causeEvent: text.optional(),
  document: texts,
  idempotencyKey: text.optional(),
});

/** `practice act`: issues an act on a practice at an authority that takes part in it. */
export function practiceAct(tell: Tell): Command {
  return leaf('act <cui>', {
    description: 'Issue an act on a practice (by CUI or practice id)',
    examples: [
      'practice act c_d150/2026/000001 --at p_cr --type conclusion.issued --outcome favourable --document parere.pdf',
      'practice act c_d150/2026/000001 --at c_d150 --type integration.requested --days 30 --day-kind calendar',
      'practice act c_d150/2026/000001 --at c_d150 --type external.notified --recipient ats_x --time 2026-01-15T10:00:00Z',
    ],
  })
    .requiredOption('--at <ipa>', 'the authority that issues it')
    .requiredOption('--type <type>', 'conclusion.issued, integration.requested, proceeding.ended, …')
    .option(
      '--outcome <outcome>',
      'of a conclusion or of the end of the proceeding, e.g. favourable, positive',
    )
    .option('--days <n>', 'term to answer, for requests')
    .option('--day-kind <kind>', 'calendar or working')
    .option('--recipient <ipa>', 'the external body that was told, for external.notified')
    .option('--time <time>', 'when the PEC was accepted, ISO 8601, for external.notified')
    .option('--event <id>', 'the event that can never pass, for event.voided')
    .option('--number <n>', "its author's number, for event.voided")
    .option('--digest <sha256>', 'SHA-256 of its bytes, for event.voided')
    .option('--reason <reason>', 'parked or issued-in-error, for event.voided')
    .option('--cause-author <ipa>', 'author of the event that this act answers')
    .option('--cause-event <id>', 'id of the event that this act answers')
    .option('--document <file>', "the act's document; may be repeated", collect)
    .option('--idempotency-key <key>', 'the same key with the same content acts only once')
    .action(
      answering(options, tell, async ({ options: given, args: [name = ''], home }) => {
        const { at, document, idempotencyKey, time, ...plain } = given;
        const node = clientOf(memberAt(await readNetwork(home), at));
        const { practiceId, owner } = await findPractice(node, name);
        const form = new FormData();
        setFields(form, { ...plain, at: time });
        for (const path of document) await attachFile(form, 'document', path);
        const request = { query: { owner }, idempotencyKey };
        const answer = await node.post(`/v1/practices/${practiceId}/events`, issued, form, request);
        const { cui, eventId, type, status, protocol } = answer;
        return {
          json: { ...answer, owner, author: at },
          text: fields({
            cui,
            event: eventId,
            type,
            status,
            protocol: `${protocol.register} ${protocol.number} ${protocol.date}`,
          }),
        };
      }),
    );
}
