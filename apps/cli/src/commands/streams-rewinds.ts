import type { Command } from 'commander';
import { z } from 'zod';
import { readNetwork } from '../network/network-file.ts';
import { clientOf, nodeAt } from '../network/nodes.ts';
import { answering, leaf, type Tell } from '../output/leaf.ts';
import { table } from '../output/table.ts';
import { readingNode } from '../streams/reading-node.ts';
import { rewindList } from '../streams/stream-shapes.ts';

const options = z.object({ at: readingNode, limit: z.coerce.number().int().min(1).max(100).default(20) });

/** `streams rewinds`: the latest rewinds of a node, and what is left of each. */
export function streamsRewinds(tell: Tell): Command {
  return leaf('rewinds', {
    description: 'The latest rewinds of a node, newest first, and how far each is',
    examples: ['streams rewinds --at p_cr', 'streams rewinds --at router --json'],
  })
    .requiredOption('--at <node>', 'router, auditor, or the IPA code of an authority')
    .option('--limit <n>', 'at most this many', '20')
    .action(
      answering(options, tell, async ({ options: { at, limit }, home }) => {
        const client = clientOf(nodeAt(await readNetwork(home), at));
        const found = await client.get('/v1/streams/rewinds', rewindList, { limit });
        const rows = found.rewinds.map(({ askedAt, stream, from, records, left, id }) => [
          ...[askedAt, stream, from ?? 'by offset', String(records), String(left), id],
        ]);
        return {
          json: found,
          text: table(['asked', 'stream', 'from', 'records', 'left', 'rewind'], rows),
        };
      }),
    );
}
