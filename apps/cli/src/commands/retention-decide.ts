import { setTimeout as pause } from 'node:timers/promises';
import type { Command } from 'commander';
import { z } from 'zod';
import { answering, leaf, text, type Tell } from '../output/leaf.ts';
import type { RestClient } from '../rest/rest-client.ts';
import {
  asPerson,
  clientFor,
  personShape,
  requestInWords,
  requestShape,
  type RetentionRequest,
} from './retention-shapes.ts';

const decision = z.object({ ...personShape, note: text.optional() });
const approval = z.object({ ...decision.shape, wait: z.coerce.number().min(0).max(3_600).default(60) });
const POLL_MS = 250;

/** `retention approve`: the second person's yes. */
export function retentionApprove(tell: Tell): Command {
  const command = leaf('approve <id>', {
    description:
      'Approve a request as the second person: keys and files are destroyed, and nothing takes that back',
    examples: ['retention approve 0199b1c2-3d4e-7f00-8a1b-2c3d4e5f6071 --at c_d150 --token-file mine.token'],
  });
  return asPerson(command)
    .option('--note <text>', 'a word about it; it stays at the node')
    .option('--wait <seconds>', 'how long to watch; the node goes on without you', '60')
    .option('--idempotency-key <key>', 'the same key does it only once')
    .action(
      answering(approval, tell, async ({ options, args: [id = ''], home }) => {
        const client = await clientFor(home, options);
        await decide(client, id, 'approve', options);
        const request = await awaitApplied(client, id, options.wait * 1_000);
        const exitCode = request.status === 'applied' ? 0 : 1;
        return { json: request, text: requestInWords(request), exitCode };
      }),
    );
}

/** `retention refuse`: the second person's no. */
export function retentionRefuse(tell: Tell): Command {
  return ending('refuse', tell, 'Refuse a request as the second person: nothing is destroyed');
}

/** `retention withdraw`: whoever made the request takes it back. */
export function retentionWithdraw(tell: Tell): Command {
  return ending('withdraw', tell, 'Take your own request back before it is approved: nothing is destroyed');
}

function ending(verdict: 'refuse' | 'withdraw', tell: Tell, description: string): Command {
  const example = `retention ${verdict} 0199b1c2-3d4e-7f00-8a1b-2c3d4e5f6071 --at c_d150 --note "a court case is open"`;
  return asPerson(leaf(`${verdict} <id>`, { description, examples: [example] }))
    .option('--note <text>', 'why; it stays at the node')
    .option('--idempotency-key <key>', 'the same key does it only once')
    .action(
      answering(decision, tell, async ({ options, args: [id = ''], home }) => {
        const request = await decide(await clientFor(home, options), id, verdict, options);
        return { json: request, text: requestInWords(request) };
      }),
    );
}

function decide(
  client: RestClient,
  id: string,
  verdict: 'approve' | 'refuse' | 'withdraw',
  { note, idempotencyKey }: z.output<typeof decision>,
): Promise<RetentionRequest> {
  const path = `/v1/retention/requests/${encodeURIComponent(id)}/${verdict}`;
  return client.post(path, requestShape, note === undefined ? {} : { note }, { idempotencyKey });
}

async function awaitApplied(client: RestClient, id: string, withinMs: number): Promise<RetentionRequest> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const request = await client.get(`/v1/retention/requests/${encodeURIComponent(id)}`, requestShape);
    if (request.status === 'applied' || performance.now() > deadline) return request;
    await pause(POLL_MS);
  }
}
