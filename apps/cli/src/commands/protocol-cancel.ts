import type { Command } from 'commander';
import { z } from 'zod';
import { HubError } from '#errors';
import { readNetwork } from '../network/network-file.ts';
import { clientOf, memberAt } from '../network/nodes.ts';
import { answering, leaf, text, type Tell } from '../output/leaf.ts';
import { fields } from '../output/table.ts';
import { entryFields, entryPath, protocolEntry } from './protocol-shapes.ts';

const options = z.object({
  at: text,
  reason: text,
  act: text,
  note: text.optional(),
  register: text.optional(),
  idempotencyKey: text.optional(),
});

/** `protocol cancel`: cancels an entry of an authority's register; the other side is told. */
export function protocolCancel(tell: Tell): Command {
  return leaf('cancel <entry>', {
    description: 'Cancel an entry of the protocol register: it stays readable, the other side is told',
    examples: [
      'protocol cancel 2026/0000042 --at p_cr --reason registered-twice --act DET/2026/123',
      'protocol cancel 2026/0000042 --at p_cr --reason wrong-addressee --act DET/2026/123 --note "vedi fascicolo"',
    ],
  })
    .requiredOption('--at <ipa>', 'the authority')
    .requiredOption(
      '--reason <reason>',
      'registered-in-error, registered-twice, wrong-addressee or content-replaced',
    )
    .requiredOption('--act <reference>', 'reference of the authorising act (provvedimento)')
    .option('--note <text>', 'for the register only: it is not sent')
    .option('--register <code>', 'code of the register, if not the present one')
    .option('--idempotency-key <key>', 'the same key with the same content cancels only once')
    .action(
      answering(options, tell, async ({ options: given, args: [name = ''], home }) => {
        const path = entryPath(name);
        if (path === undefined)
          throw new HubError('USAGE_INVALID', `an entry is named <year>/<number>, got ${name}`);
        const { at, reason, act, note, register, idempotencyKey } = given;
        const node = clientOf(memberAt(await readNetwork(home), at));
        const body = { reason, act, ...(note === undefined ? {} : { note }) };
        const request = { query: { register }, idempotencyKey };
        const entry = await node.post(`${path}/cancellation`, protocolEntry, body, request);
        return { json: entry, text: fields(entryFields(entry)) };
      }),
    );
}
