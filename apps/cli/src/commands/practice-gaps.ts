import type { Command } from 'commander';
import { z } from 'zod';
import { HubError } from '#errors';
import { readNetwork, type Network } from '../network/network-file.ts';
import { clientOf } from '../network/nodes.ts';
import { answering, leaf, type Tell } from '../output/leaf.ts';
import { table } from '../output/table.ts';
import { askEveryMember, type Unreachable } from '../practices/every-member.ts';
import { askedText, gapList, waitingList, type Gap, type Waiting } from '../practices/gap-shapes.ts';

/** The most that a node gives at once. */
const LIMIT = 1000;

type AuthorityGap = Gap & { readonly authority: string };

/** `practice gaps`: what waits for something earlier, at every authority and at the router. */
export function practiceGaps(tell: Tell): Command {
  return leaf('gaps', {
    description:
      'What waits for an earlier event, at every authority and at the router, and who was asked for it',
    examples: ['practice gaps', 'practice gaps --json'],
  }).action(
    answering(z.object({}), tell, async ({ home }) => {
      const network = await readNetwork(home);
      const [members, router] = await Promise.all([
        askEveryMember(network, (node) => node.get('/v1/gaps', gapList, { limit: LIMIT })),
        waitingAtRouter(network),
      ]);
      const gaps = members.answers.flatMap(({ member, value }) =>
        value.gaps.map((gap) => ({ authority: member.ipa, ...gap })),
      );
      const unreachable = [...router.unreachable, ...members.unreachable];
      return {
        json: { gaps, waiting: router.waiting, unreachable },
        text: textOf(gaps, router.waiting, unreachable),
      };
    }),
  );
}

async function waitingAtRouter({
  router,
}: Network): Promise<{ readonly waiting: readonly Waiting[]; readonly unreachable: readonly Unreachable[] }> {
  try {
    const { waiting } = await clientOf(router).get('/v1/waiting', waitingList, { limit: LIMIT });
    return { waiting, unreachable: [] };
  } catch (error) {
    if (!(error instanceof HubError)) throw error;
    const { code, message } = error;
    return { waiting: [], unreachable: [{ authority: router.name, code, message }] };
  }
}

function textOf(
  gaps: readonly AuthorityGap[],
  waiting: readonly Waiting[],
  unreachable: readonly Unreachable[],
): string {
  const atNodes = gaps.map(({ authority, owner, practiceId, missing, ...gap }) => [
    authority,
    `${owner}/${practiceId}`,
    missing.from === missing.to ? String(missing.from) : `${missing.from}-${missing.to}`,
    String(gap.waiting),
    gap.since,
    askedText(gap.asked),
  ]);
  const atRouter = waiting.map(({ author, number, owner, practiceId, missing, since, parked, asked }) => [
    author,
    `${owner}/${practiceId}`,
    String(number),
    parked === null ? String(missing) : `${missing}, parked`,
    since,
    askedText(asked),
  ]);
  const parts = [
    ...(atNodes.length === 0
      ? ['no authority misses an event']
      : [table(['authority', 'practice', 'missing', 'waiting', 'since', 'asked'], atNodes)]),
    ...(atRouter.length === 0
      ? ['nothing waits at the router']
      : [table(['author', 'practice', 'number', 'waits for', 'since', 'asked'], atRouter)]),
    ...unreachable.map(({ authority, code }) => `${authority} could not be asked: ${code}`),
  ];
  return parts.join('\n\n');
}
