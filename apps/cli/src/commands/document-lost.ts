import { setTimeout as pause } from 'node:timers/promises';
import type { Command } from 'commander';
import { z } from 'zod';
import { readNetwork } from '../network/network-file.ts';
import { clientOf, nodeAt } from '../network/nodes.ts';
import { answering, leaf, text, type Tell } from '../output/leaf.ts';
import { table } from '../output/table.ts';
import type { RestClient } from '../rest/rest-client.ts';

/** Longest wait for a look through the store; it goes on at the node all the same, milliseconds. */
const CHECK_WITHIN_MS = 60_000;
const POLL_MS = 200;

const options = z.object({ at: text, check: z.boolean().default(false), idempotencyKey: text.optional() });

/** As `GET /v1/lost-documents` answers. */
const lostList = z.looseObject({
  total: z.number(),
  lastCheck: z
    .looseObject({
      endedAt: z.string().nullable(),
      checked: z.number(),
      missing: z.number(),
      failed: z.number(),
    })
    .nullable(),
  documents: z.array(
    z.looseObject({
      owner: z.string(),
      practiceId: z.string(),
      id: z.string(),
      author: z.string(),
      role: z.string(),
      foundAt: z.string(),
      attempts: z.number(),
      code: z.string().nullable(),
    }),
  ),
});
type LostList = z.output<typeof lostList>;

/** `document lost`: what a node's disk has lost and is being fetched back. */
export function documentLost(tell: Tell): Command {
  return leaf('lost', {
    description:
      'Documents that an authority had and that its disk has lost: they are fetched back; 1 if there are any',
    examples: ['document lost --at c_d150', 'document lost --at c_d150 --check'],
  })
    .requiredOption('--at <ipa>', 'the IPA code of the authority')
    .option('--check', 'look through the whole store first, and try anew what nobody has given')
    .option('--idempotency-key <key>', 'ask for the look at most once under this key')
    .action(
      answering(options, tell, async ({ options: { at, check, idempotencyKey }, home }) => {
        const client = clientOf(nodeAt(await readNetwork(home), at));
        if (check)
          await client.post('/v1/lost-documents/checks', z.looseObject({}), undefined, { idempotencyKey });
        const lost = await listed(client, check);
        return { json: lost, text: inWords(lost), exitCode: lost.total === 0 ? 0 : 1 };
      }),
    );
}

async function listed(client: RestClient, waiting: boolean): Promise<LostList> {
  const deadline = performance.now() + CHECK_WITHIN_MS;
  for (;;) {
    const lost = await client.get('/v1/lost-documents', lostList);
    const isOver = lost.lastCheck?.endedAt !== null;
    if (!waiting || isOver || performance.now() > deadline) return lost;
    await pause(POLL_MS);
  }
}

function inWords({ total, lastCheck, documents }: LostList): string {
  const rows = documents.map((one) => [
    one.id,
    one.role,
    one.author,
    `${one.owner}/${one.practiceId}`,
    one.foundAt,
    String(one.attempts),
    one.code ?? '-',
  ]);
  const list = table(
    ['document', 'role', 'author', 'practice', 'missed since', 'attempts', 'last answer'],
    rows,
  );
  const heading = total === 0 ? 'no document is missing' : `missing: ${total}\n${list}`;
  if (lastCheck === null) return heading;
  const { checked, missing, failed, endedAt } = lastCheck;
  const when = endedAt === null ? 'goes on' : `ended ${endedAt}`;
  const unread = failed === 0 ? '' : `, ${failed} could not be looked at`;
  return `${heading}\nlast look through the store ${when}: ${checked} looked at, ${missing} missing${unread}`;
}
