import type { Command } from 'commander';
import { z } from 'zod';
import { readNetwork } from '../network/network-file.ts';
import { clientOf, nodeAt } from '../network/nodes.ts';
import { answering, leaf, text, type Tell } from '../output/leaf.ts';
import { discardResult } from './quarantine-shapes.ts';

const discardOptions = z.object({
  at: text.default('router'),
  reason: text,
  idempotencyKey: text.optional(),
});
const restoreOptions = discardOptions.omit({ reason: true });

/** `quarantine discard`: puts aside bytes that no key of the network has signed. */
export function quarantineDiscard(tell: Tell): Command {
  return leaf('discard <id>', {
    description: 'Put aside a parked record that no key of the network has signed; its bytes stay',
    examples: ['quarantine discard 0199b1c2-3d4e-7f00-8a1b-2c3d4e5f6071 --reason "noise of a test"'],
  })
    .requiredOption('--reason <text>', 'why; it stays at the node, the log has its digest. No personal data')
    .option('--at <node>', 'router, auditor, or the IPA code of an authority', 'router')
    .option('--idempotency-key <key>', 'the same key does it only once')
    .action(
      answering(discardOptions, tell, async ({ options, args: [id = ''], home }) => {
        const { at, reason, idempotencyKey } = options;
        const client = clientOf(nodeAt(await readNetwork(home), at));
        const path = `/v1/quarantine/${encodeURIComponent(id)}/discard`;
        const result = await client.post(path, discardResult, { reason }, { idempotencyKey });
        return { json: result, text: `${id} ${result.status}; action ${result.action}` };
      }),
    );
}

/** `quarantine restore`: takes a discarded record back. */
export function quarantineRestore(tell: Tell): Command {
  return leaf('restore <id>', {
    description: 'Take a discarded record back: it is parked as before',
    examples: ['quarantine restore 0199b1c2-3d4e-7f00-8a1b-2c3d4e5f6071'],
  })
    .option('--at <node>', 'router, auditor, or the IPA code of an authority', 'router')
    .option('--idempotency-key <key>', 'the same key does it only once')
    .action(
      answering(restoreOptions, tell, async ({ options: { at, idempotencyKey }, args: [id = ''], home }) => {
        const client = clientOf(nodeAt(await readNetwork(home), at));
        const path = `/v1/quarantine/${encodeURIComponent(id)}/restore`;
        const result = await client.post(path, discardResult, undefined, { idempotencyKey });
        return { json: result, text: `${id} ${result.status}; action ${result.action}` };
      }),
    );
}
