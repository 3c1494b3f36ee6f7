import type { Command } from 'commander';
import { z } from 'zod';
import { HubError } from '#errors';
import type { ExplainedEvent, LogRecord, SoughtEvent } from '#audit';
import { copyOptionsOf } from '../audit/copy-options.ts';
import type { OpenCopy } from '../audit/open-copy.ts';
import type { Openings } from '../audit/read-accesses.ts';
import { languageOf } from '../output/failure.ts';
import { answering, leaf, text, type Tell } from '../output/leaf.ts';
import { ProgressBar } from '../output/progress-bar.ts';

const options = z.object({
  author: text.optional(),
  in: text.optional(),
  vkey: text.optional(),
  root: text.optional(),
  nodes: text.optional(),
});

/** `audit explain`: why an event went to whom it went, and what became of it. */
export function auditExplain(tell: Tell): Command {
  return leaf('explain <event-id>', {
    description:
      'Why an event went to whom it went and not to others, when each received it, and who opened it: from the log',
    examples: [
      'audit explain 0199b1c2-3d4e-7f00-8a1b-2c3d4e5f6071',
      'audit explain 0199b1c2-3d4e-7f00-8a1b-2c3d4e5f6071 --in export --vkey log.example/one+1a2b3c4d+AQ…',
    ],
  })
    .option('--author <ipa>', 'whose event, when two authors have used one id')
    .option('--in <dir>', 'read a copy of the log in place of the running auditor’s')
    .option('--vkey <vkey>', 'the log’s verification key; that of the running network when absent')
    .option('--root <fingerprint>', 'SHA-256 of the network’s root certificate')
    .option(
      '--nodes <file>',
      'ask these authorities who opened it, wherever they run: a JSON list of ipa, url and tokenFile',
    )
    .action(
      answering(options, tell, async ({ options: given, args: [id = ''], home }) => {
        const sought = { eventId: await parseId(id), author: given.author };
        const { openCopy } = await import('../audit/open-copy.ts');
        const copy = await openCopy(given.in, copyOptionsOf(given), { home, asksNodes: false });
        const { explainEvent } = await import('#audit');
        const explained = explainEvent(await trailOf(copy, sought, given.in), sought, copy.registry);
        const opened = await openings(copy, given, explained);
        const { explanationInWords } = await import('../audit/explain-words.ts');
        return {
          json: { ...explained, opened },
          text: explanationInWords(explained, opened, languageOf(process.env)),
        };
      }),
    );
}

async function parseId(id: string): Promise<string> {
  const { parseEventId } = await import('#contracts');
  try {
    return parseEventId(id.toLowerCase());
  } catch (cause) {
    throw new HubError('USAGE_INVALID', `${JSON.stringify(id.slice(0, 80))} is no event’s id`, { cause });
  }
}

async function trailOf(
  { read, head, network }: OpenCopy,
  sought: SoughtEvent,
  folder: string | undefined,
): Promise<LogRecord[]> {
  if (folder === undefined && network !== null) {
    const { servedTrail } = await import('../audit/served-trail.ts');
    return await servedTrail(network, sought);
  }
  const { trailInCopy } = await import('#audit');
  const bar = new ProgressBar(languageOf(process.env) === 'it' ? 'voci lette' : 'entries read');
  try {
    return await trailInCopy(read, head, sought, (done, of) => {
      bar.show(done, of);
    });
  } finally {
    bar.end();
  }
}

/** Null: nobody was asked. */
async function openings(
  { network }: OpenCopy,
  { in: folder, nodes: file }: z.output<typeof options>,
  { event, recipients }: ExplainedEvent,
): Promise<Openings[] | null> {
  const running = folder === undefined ? network?.members : undefined;
  const nodes =
    file === undefined ? running : await (await import('../network/nodes-file.ts')).readNodes(file);
  if (nodes === undefined) return null;
  const { readAccesses } = await import('../audit/read-accesses.ts');
  const joined = recipients.filter((one) => one.joined).map(({ ipa }) => ipa);
  return await readAccesses(nodes, joined, event.practice);
}
