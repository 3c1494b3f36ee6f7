import type { Command } from 'commander';
import { z } from 'zod';
import { readNetwork } from '../network/network-file.ts';
import { clientOf, memberAt } from '../network/nodes.ts';
import { answering, leaf, text, type Tell } from '../output/leaf.ts';
import { fields } from '../output/table.ts';
import { findEvent } from '../practices/find-event.ts';
import { reissued } from '../practices/practice-shapes.ts';

const options = z.object({ at: text.optional(), idempotencyKey: text.optional() });

/** `event reissue`: what the router parked, again under the key that its author has now. */
export function eventReissue(tell: Tell): Command {
  return leaf('reissue <event-id>', {
    description:
      'Issue a parked event again at its author, under the key it has now; its author’s later events come along',
    examples: ['event reissue 0199b1c2-3d4e-7f00-8a1b-2c3d4e5f6071'],
  })
    .option('--at <ipa>', 'the authority that issued it; whichever has it when absent')
    .option('--idempotency-key <key>', 'the same key issues it again only once')
    .action(
      answering(options, tell, async ({ options: { at, idempotencyKey }, args: [eventId = ''], home }) => {
        const network = await readNetwork(home);
        const found = await findEvent(network, eventId, at === undefined ? undefined : memberAt(network, at));
        const author = memberAt(network, at ?? found.author);
        const path = `/v1/practices/${found.practiceId}/events/${eventId}/reissue`;
        const request = { query: { owner: found.owner }, idempotencyKey };
        const answer = await clientOf(author).post(path, reissued, undefined, request);
        const followers = answer.followers.map(
          (one) => `${one.eventId} (${one.type}, replaces ${one.replaces})`,
        );
        const { cui, type, status } = answer;
        return {
          json: { ...answer, owner: found.owner, author: author.ipa },
          text: [
            fields({ cui, event: answer.eventId, replaces: answer.replaces, type, status }),
            ...followers.map((line) => `and ${line}`),
          ].join('\n'),
        };
      }),
    );
}
