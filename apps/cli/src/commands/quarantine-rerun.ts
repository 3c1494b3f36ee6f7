import type { Command } from 'commander';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { readNetwork } from '../network/network-file.ts';
import { clientOf, nodeAt } from '../network/nodes.ts';
import { answering, leaf, text, type Tell } from '../output/leaf.ts';
import { fields } from '../output/table.ts';
import type { RestClient } from '../rest/rest-client.ts';
import { rerun, rerunAsked } from './quarantine-shapes.ts';

const moment = z.iso.datetime({ offset: true, error: 'a moment such as 2026-03-04T09:00:00Z' });
const options = z.object({
  at: text.default('router'),
  since: moment,
  until: moment.optional(),
  code: text.optional(),
  member: text.optional(),
  wait: z.coerce.number().min(0).max(86_400).default(600),
  idempotencyKey: text.optional(),
});
const LOOK_MS = 300;

/** `quarantine rerun`: everything parked since a point in time through the same checks again. */
export function quarantineRerun(tell: Tell): Command {
  return leaf('rerun', {
    description:
      'Run the same checks again on everything that a node parked since a point in time, oldest first',
    examples: [
      'quarantine rerun --at router --since 2026-03-04T09:00:00Z',
      'quarantine rerun --at p_cr --since 2026-03-04T09:00:00Z --code PROCEDURE_UNKNOWN --json',
    ],
  })
    .requiredOption('--since <moment>', 'entries parked at this time or later, e.g. 2026-03-04T09:00:00Z')
    .option('--at <node>', 'router, auditor, or the IPA code of an authority', 'router')
    .option('--until <moment>', 'entries parked before this time; before now when absent')
    .option('--code <code>', 'only those parked for this code')
    .option('--member <ipa>', "only those from this member's outbox")
    .option('--wait <seconds>', 'how long to wait for its end; it goes on without', '600')
    .option('--idempotency-key <key>', 'the same key asks only once')
    .action(
      answering(options, tell, async ({ options: given, home }) => {
        const { at, wait, idempotencyKey, ...body } = given;
        const client = clientOf(nodeAt(await readNetwork(home), at));
        const asked = await client.post('/v1/quarantine/reruns', rerunAsked, body, { idempotencyKey });
        const result = await endOf(client, asked.id, wait * 1_000);
        const { released, held, parked, later, endedAt } = result;
        const counts = { released, held, parked, later };
        const words = Object.entries(counts).map(([name, count]) => [name, String(count)] as const);
        const ended = endedAt ?? 'it goes on';
        return {
          json: { ...result, action: asked.action },
          text: fields({ 're-run': asked.id, ...Object.fromEntries(words), ended, action: asked.action }),
          exitCode: endedAt !== null && parked === 0 && later === 0 ? 0 : 1,
        };
      }),
    );
}

async function endOf(client: RestClient, id: string, withinMs: number): Promise<z.output<typeof rerun>> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const result = await client.get(`/v1/quarantine/reruns/${encodeURIComponent(id)}`, rerun);
    if (result.endedAt !== null || Date.now() > deadline) return result;
    await pause(LOOK_MS);
  }
}
