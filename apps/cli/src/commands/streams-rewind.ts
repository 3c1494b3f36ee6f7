import type { Command } from 'commander';
import { z } from 'zod';
import { readNetwork } from '../network/network-file.ts';
import { clientOf, nodeAt } from '../network/nodes.ts';
import type { Answer } from '../output/answer.ts';
import { answering, collect, leaf, text, texts, type Tell } from '../output/leaf.ts';
import { fields, table } from '../output/table.ts';
import type { RestClient } from '../rest/rest-client.ts';
import { awaitRewind } from '../streams/await-rewind.ts';
import { readingNode } from '../streams/reading-node.ts';
import { rewound, type RewindProgress, type Rewound } from '../streams/stream-shapes.ts';
import { Progress } from '../up/progress.ts';

const moment = z.iso.datetime({ offset: true, error: 'a time such as 2026-03-04T09:00:00Z' });
const place = z
  .string()
  .regex(/^[^/:\s]+\/\d{1,6}:\d{1,18}$/, 'a place such as practice.inbox.p_cr/0:1234')
  .transform((given) => {
    const [, topic = '', partition = '', offset = ''] = /^(.+)\/(\d+):(\d+)$/.exec(given) ?? [];
    return { topic, partition: Number(partition), offset: String(BigInt(offset)) };
  });
const options = z
  .object({
    at: readingNode,
    from: moment.optional(),
    topic: texts,
    offset: z.array(place).default([]),
    reason: text.optional(),
    dryRun: z.boolean().default(false),
    wait: z.coerce.number().min(0).max(86_400).default(600),
    idempotencyKey: text.optional(),
  })
  .superRefine(({ from, topic, offset, reason, dryRun }, context) => {
    const refuse = (name: string, message: string): void => {
      context.addIssue({ code: 'custom', path: [name], message });
    };
    if ((from === undefined) === (offset.length === 0)) refuse('from', 'give either a time or --offset');
    if (topic.length > 0 && offset.length > 0) refuse('topic', '--offset names its topic');
    if (reason === undefined && !dryRun) refuse('reason', 'why; only --dry-run goes without');
  });
type Options = z.output<typeof options>;

/** `streams rewind`: lets a node read a stream again from a point in time. */
export function streamsRewind(tell: Tell): Command {
  return leaf('rewind <stream>', {
    description:
      'Let a node read a stream again from a point in time: the same checks, no second effect; what was lost comes back',
    examples: [
      'streams rewind inbox --at p_cr --from 2026-03-04T09:00:00Z --dry-run',
      'streams rewind inbox --at p_cr --from 2026-03-04T09:00:00Z --reason "a row was lost"',
      'streams rewind outboxes --at router --topic practice.outbox.c_d150 --from 2026-03-04T09:00:00Z --reason "ticket 7"',
      'streams rewind decisions --at auditor --offset practice.routing/0:1200 --reason "ticket 7" --json',
    ],
  })
    .requiredOption('--at <node>', 'router, auditor, or the IPA code of an authority')
    .option('--from <time>', 'records with a time stamp from then on; senders set it by their clocks')
    .option('--topic <topic>', 'only in this topic; may be repeated', collect)
    .option('--offset <place>', 'in place of a time: topic/partition:offset; may be repeated', collect)
    .option('--reason <text>', 'why; it stays at the node, the log has its digest. No personal data')
    .option(
      '--dry-run',
      'only tell how many records that would be, and the oldest time that can be asked for',
    )
    .option('--wait <seconds>', 'how long to watch; the node goes on without you, also after Ctrl-C', '600')
    .option('--idempotency-key <key>', 'the same key does it only once')
    .action(
      answering(options, tell, async ({ options: given, args: [stream = ''], home }) => {
        const client = clientOf(nodeAt(await readNetwork(home), given.at));
        const path = `/v1/streams/${encodeURIComponent(stream)}/rewind`;
        const { idempotencyKey } = given;
        const answer = await client.post(path, rewound, bodyOf(given), { idempotencyKey });
        if (answer.id === null) return dryRunOf(answer);
        return await watched(client, answer.id, answer, given.wait * 1_000);
      }),
    );
}

function bodyOf({ from, topic, offset, reason, dryRun }: Options): object {
  return {
    ...(from === undefined ? { offsets: offset } : { from }),
    ...(topic.length === 0 ? {} : { topics: topic }),
    ...(reason === undefined ? {} : { reason }),
    ...(dryRun ? { dryRun } : {}),
  };
}

function dryRunOf(answer: Rewound): Answer {
  const words = {
    'would be read again': String(answer.records),
    'oldest time': answer.oldest ?? 'the topics hold all they ever had',
  };
  return { json: answer, text: [fields(words), ...placesOf(answer)].join('\n') };
}

/** Shows how the stream catches up. Ctrl-C ends the watching and nothing else. */
async function watched(client: RestClient, id: string, answer: Rewound, withinMs: number): Promise<Answer> {
  const enough = new AbortController();
  const stop = (): void => {
    enough.abort();
  };
  process.once('SIGINT', stop);
  const found: RewindProgress[] = [];
  try {
    const title = `${answer.stream} reads ${answer.records} records again`;
    const run = async (report: (what: string) => void): Promise<void> => {
      found.push(await awaitRewind(client, id, withinMs, { report, enough: enough.signal }));
    };
    await new Progress(true).run([{ title, run }]);
  } finally {
    process.off('SIGINT', stop);
  }
  const [{ left, done } = { left: answer.records, done: false }] = found;
  const words = {
    rewind: id,
    'read again': String(answer.records),
    left: done ? '0' : `${left}: it goes on at the node, see \`streams rewinds\``,
    action: answer.action ?? '-',
  };
  return {
    json: { ...answer, left, done },
    text: [fields(words), ...placesOf(answer)].join('\n'),
    exitCode: done ? 0 : 1,
  };
}

function placesOf({ places }: Rewound): string[] {
  if (places.length === 0) return [];
  const rows = places.map(({ topic, partition, back, stood, records }) => [
    ...[topic, String(partition), back, stood, String(records)],
  ]);
  return ['', table(['topic', 'partition', 'from', 'up to', 'records'], rows)];
}
