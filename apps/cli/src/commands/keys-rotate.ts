import type { Command } from 'commander';
import { z } from 'zod';
import { HubError } from '#errors';
import type { Rotated } from '../keys/rotate-key.ts';
import { readNetwork } from '../network/network-file.ts';
import { nodeAt } from '../network/nodes.ts';
import { answering, leaf, text, type Tell } from '../output/leaf.ts';
import { fields } from '../output/table.ts';

const HOUR_MS = 3_600_000;
/** How long both keys are good unless another time is given, hours: an outbox may be that late. */
const OVERLAP_HOURS = 24;
/** How far ahead the new key may begin, milliseconds: the command waits for it. */
const AHEAD_MS = 600_000;

const options = z.object({
  at: text,
  from: z.iso.datetime({ offset: true }).optional(),
  overlapHours: z.coerce.number().min(0).max(8_760).default(OVERLAP_HOURS),
});

/** `keys rotate`: a node's next signing key, while it runs. */
export function keysRotate(tell: Tell): Command {
  return leaf('rotate', {
    description:
      'Give a node its next signing key while it runs: announced, both good for a time, the old one retired',
    examples: ['keys rotate --at c_d150', 'keys rotate --at router --overlap-hours 72'],
  })
    .requiredOption('--at <node>', 'an IPA code, router, or auditor')
    .option(
      '--from <time>',
      'when the node begins to sign with it, at most ten minutes ahead; at once when absent',
    )
    .option('--overlap-hours <n>', 'how long the old key stays good beside it', String(OVERLAP_HOURS))
    .action(
      answering(options, tell, async ({ options: { at, from, overlapHours }, home }) => {
        const network = await readNetwork(home);
        const node = nodeAt(network, at);
        if (node.name === network.registry.name)
          throw new HubError(
            'USAGE_INVALID',
            'the registry’s key signs the chain itself and is not rotated here',
          );
        const begin = from === undefined ? new Date() : new Date(from);
        if (begin.getTime() > Date.now() + AHEAD_MS)
          throw new HubError('USAGE_INVALID', '--from: at most ten minutes ahead');
        // What issues certificates takes long to load, and no other command of this group needs it.
        const { rotateKey } = await import('../keys/rotate-key.ts');
        const rotated = await rotateKey(network, node, { from: begin, overlapMs: overlapHours * HOUR_MS });
        return { json: rotated, text: rotatedText(rotated) };
      }),
    );
}

function rotatedText({ holder, generation, fingerprint, from, retired }: Rotated): string {
  return fields({
    holder,
    key: `signing-g${generation}`,
    fingerprint,
    from,
    ...Object.fromEntries(
      retired.map((old) => [`signing-g${old.generation}`, `retired from ${old.retiredFrom}`]),
    ),
  });
}
