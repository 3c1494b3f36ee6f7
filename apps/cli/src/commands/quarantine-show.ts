import type { Command } from 'commander';
import { z } from 'zod';
import { readNetwork } from '../network/network-file.ts';
import { clientOf, nodeAt } from '../network/nodes.ts';
import { languageOf } from '../output/failure.ts';
import { answering, leaf, text, type Tell } from '../output/leaf.ts';
import { fields } from '../output/table.ts';
import { writeOut } from '../output/write-out.ts';
import { quarantineEntry } from './quarantine-shapes.ts';

const options = z.object({ at: text.default('router'), bytes: text.optional() });
type Entry = z.output<typeof quarantineEntry>;

/** `quarantine show`: one parked record, its bytes, why, what can be done, and what was done. */
export function quarantineShow(tell: Tell): Command {
  return leaf('show <id>', {
    description: 'Show a parked record: why, what can be done, what was done, and its bytes',
    examples: [
      'quarantine show 0199b1c2-3d4e-7f00-8a1b-2c3d4e5f6071',
      'quarantine show <id> --at p_cr --json',
      'quarantine show <id> --bytes parked.xml',
    ],
  })
    .option('--at <node>', 'router, auditor, or the IPA code of an authority', 'router')
    .option('--bytes <file>', 'write the bytes into this file, exactly as they came')
    .action(
      answering(options, tell, async ({ options: { at, bytes: file }, args: [id = ''], home }) => {
        const client = clientOf(nodeAt(await readNetwork(home), at));
        const path = `/v1/quarantine/${encodeURIComponent(id)}`;
        const entry = await client.get(path, quarantineEntry);
        const told = tellOf(entry);
        if (file === undefined) {
          const content = Buffer.from(entry.bytes, 'base64').toString('utf8');
          return { json: entry, text: `${told}\n\n${content}` };
        }
        const written = await writeOut(file, await client.bytes(`${path}/bytes`));
        return { json: { ...entry, ...written }, text: `${told}\n\n${fields({ file: written.out })}` };
      }),
    );
}

function tellOf(entry: Entry): string {
  const language = languageOf(process.env);
  const { id, code, reason, status, parkedAt, sentence, remedy, readable, signedBy, headersText, actions } =
    entry;
  const summary = {
    id,
    code,
    sentence: sentence?.[language] ?? '-',
    remedy: remedy?.[language] ?? '-',
    reason,
    status,
    since: parkedAt,
    'signed by': signedBy ?? 'nobody of the network',
    'says it is': readable ? JSON.stringify(readable) : 'nothing that can be read',
  };
  const headers = Object.entries(headersText).map(([name, value]) => `  ${name}: ${value}`);
  const done = actions.map(
    (action) =>
      `  ${action.at} ${action.kind} ${action.outcome} ${action.id}${action.reason === null ? '' : `: ${action.reason}`}`,
  );
  return [
    fields(summary),
    ...(headers.length === 0 ? [] : ['headers', ...headers]),
    ...(done.length === 0 ? [] : ['done so far', ...done]),
  ].join('\n');
}
