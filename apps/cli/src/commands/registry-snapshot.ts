import type { Command } from 'commander';
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { HubError } from '#errors';
import { resolvePath } from '../network/home.ts';
import { readNetwork } from '../network/network-file.ts';
import { clientOf } from '../network/nodes.ts';
import { answering, leaf, text, type Tell } from '../output/leaf.ts';
import { fields } from '../output/table.ts';

const options = z.object({ out: text });

/** `registry snapshot`: the signed snapshot of the registry, into a file. */
export function registrySnapshot(tell: Tell): Command {
  return leaf('snapshot', {
    description: 'Write the signed snapshot of the registry, with which a new node starts, into a file',
    examples: ['registry snapshot --out registry-snapshot.xml'],
  })
    .requiredOption('--out <file>', 'where to write it')
    .action(
      answering(options, tell, async ({ options: { out }, home }) => {
        const network = await readNetwork(home);
        const bytes = await clientOf(network.registry).bytes('/v1/snapshot');
        const { parseSnapshot } = await import('#contracts');
        const { head, entries, time } = parseSnapshot(bytes);
        const path = resolvePath(out);
        await writeFile(path, bytes).catch((cause: unknown) => {
          throw new HubError('FILE_UNREADABLE', `${out} cannot be written`, { cause });
        });
        const sha256 = createHash('sha256').update(bytes).digest('hex');
        const answer = { ...head, entries: entries.length, time, out: path, size: bytes.length, sha256 };
        return {
          json: answer,
          text: fields({
            entry: String(head.number),
            holds: `${entries.length} entries`,
            size: `${bytes.length} bytes`,
            file: path,
            sha256,
          }),
        };
      }),
    );
}
