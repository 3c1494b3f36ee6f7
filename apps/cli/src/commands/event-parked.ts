import type { Command } from 'commander';
import { z } from 'zod';
import { readNetwork } from '../network/network-file.ts';
import { clientOf, memberAt } from '../network/nodes.ts';
import { languageOf } from '../output/failure.ts';
import { answering, leaf, text, type Tell } from '../output/leaf.ts';
import { fields, table } from '../output/table.ts';
import { askEveryMember } from '../practices/every-member.ts';
import { findEvent } from '../practices/find-event.ts';
import type { RestClient } from '../rest/rest-client.ts';

const bothLanguages = z.object({ it: z.string(), en: z.string() });
const parkedPage = z.object({
  events: z.array(
    z.looseObject({
      eventId: z.string(),
      type: z.string(),
      practice: z.object({ owner: z.string(), uuid: z.string(), cui: z.string() }),
      code: z.string(),
      parkedAt: z.string(),
      remedy: bothLanguages.optional(),
      voidedBy: z.string().nullable(),
    }),
  ),
  next: z.string().nullable(),
});
type ParkedEvent = z.output<typeof parkedPage>['events'][number];
const sentAgain = z.looseObject({
  eventId: z.string(),
  type: z.string(),
  status: z.string(),
  action: z.string(),
});

const listOptions = z.object({ at: text.optional(), code: text.optional() });
const rerunOptions = z.object({ at: text.optional(), idempotencyKey: text.optional() });
/** The most that a node gives at once. */
const LIMIT = 200;

/** `event parked`: what the router parked of the authorities' own events. */
export function eventParked(tell: Tell): Command {
  return leaf('parked', {
    description: "List the authorities' own events that the router has parked, with what can be done",
    examples: ['event parked', 'event parked --at p_cr --code PROCEDURE_UNKNOWN --json'],
  })
    .option('--at <ipa>', 'one authority; all of them when absent')
    .option('--code <code>', 'parked for this code')
    .action(
      answering(listOptions, tell, async ({ options: { at, code }, home }) => {
        const network = await readNetwork(home);
        const members = at === undefined ? network.members : [memberAt(network, at)];
        const asked = await askEveryMember({ ...network, members }, (node) => parkedAt(node, code));
        const events = asked.answers.flatMap(({ member, value }) =>
          value.map((event) => ({ at: member.ipa, ...event })),
        );
        const language = languageOf(process.env);
        const rows = events.map((event) => [
          event.at,
          event.eventId,
          event.code,
          event.parkedAt,
          event.voidedBy === null ? (event.remedy?.[language] ?? '-') : `voided by ${event.voidedBy}`,
        ]);
        const list =
          events.length === 0 ? 'nothing is parked' : table(['at', 'event', 'code', 'since', 'remedy'], rows);
        return { json: { events, unreachable: asked.unreachable }, text: list };
      }),
    );
}

async function parkedAt(node: RestClient, code: string | undefined): Promise<readonly ParkedEvent[]> {
  const events: ParkedEvent[] = [];
  let after: string | undefined;
  do {
    const page = await node.get('/v1/events/parked', parkedPage, { code, after, limit: LIMIT });
    events.push(...page.events);
    after = page.next ?? undefined;
  } while (after !== undefined);
  return events;
}

/** `event rerun`: a parked event once more on its way to the router, the same bytes. */
export function eventRerun(tell: Tell): Command {
  return leaf('rerun <event-id>', {
    description:
      'Send a parked event once more from its author: the same bytes, which the router judges anew',
    examples: ['event rerun 0199b1c2-3d4e-7f00-8a1b-2c3d4e5f6071'],
  })
    .option('--at <ipa>', 'the authority that issued it; whichever has it when absent')
    .option('--idempotency-key <key>', 'the same key sends it only once')
    .action(
      answering(
        rerunOptions,
        tell,
        async ({ options: { at, idempotencyKey }, args: [eventId = ''], home }) => {
          const network = await readNetwork(home);
          const found = await findEvent(
            network,
            eventId,
            at === undefined ? undefined : memberAt(network, at),
          );
          const author = memberAt(network, at ?? found.author);
          const path = `/v1/practices/${found.practiceId}/events/${eventId}/rerun`;
          const request = { query: { owner: found.owner }, idempotencyKey };
          const answer = await clientOf(author).post(path, sentAgain, undefined, request);
          const { type, status, action } = answer;
          return {
            json: { ...answer, owner: found.owner, author: author.ipa },
            text: fields({ cui: found.cui, event: eventId, type, status, action }),
          };
        },
      ),
    );
}
