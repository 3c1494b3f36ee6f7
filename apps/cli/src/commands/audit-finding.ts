import type { Command } from 'commander';
import { z } from 'zod';
import { HubError } from '#errors';
import { readInput } from '../network/read-input.ts';
import { readNetwork } from '../network/network-file.ts';
import { clientOf, memberAt } from '../network/nodes.ts';
import { answering, leaf, text, type Tell } from '../output/leaf.ts';
import { fields } from '../output/table.ts';
import { writeOut } from '../output/write-out.ts';
import { findingEvidence } from '../witnesses/witness-shapes.ts';

const findingOptions = z.object({
  at: text,
  out: text.optional(),
  acknowledge: z.boolean().default(false),
  idempotencyKey: text.optional(),
});

/** `audit finding`: what a log has shown a witness, with what it has signed. */
export function auditFinding(tell: Tell): Command {
  return leaf('finding <id>', {
    description: 'What a witness has refused: both checkpoints as the log has signed them, and the evidence',
    examples: ['audit finding <id> --at p_cr --out fork.json', 'audit finding <id> --at p_cr --acknowledge'],
  })
    .requiredOption('--at <ipa>', 'the IPA code of the authority whose witness it is')
    .option('--out <file>', 'write the evidence, which verifies with the log’s key alone: audit fork')
    .option('--acknowledge', 'say that it was seen: ends the alarm, keeps the evidence')
    .option('--idempotency-key <key>', 'acknowledge at most once under this key')
    .action(
      answering(findingOptions, tell, async ({ options: given, args: [id = ''], home }) => {
        const { at, out, acknowledge, idempotencyKey } = given;
        const client = clientOf(memberAt(await readNetwork(home), at));
        const path = `/v1/witness/findings/${encodeURIComponent(id)}`;
        if (acknowledge)
          await client.post(`${path}/acknowledge`, z.looseObject({}), undefined, { idempotencyKey });
        const finding = await client.get(path, findingEvidence);
        const { kind, evidence, earlier, later } = finding;
        if (out !== undefined && evidence === null) {
          throw new HubError(
            'LOG_FORK_NOT_SHOWN',
            `${kind} is a question to the log: it convicts nobody by itself`,
          );
        }
        const file = out === undefined ? null : await writeOut(out, Buffer.from(evidence ?? ''));
        const words = fields({
          log: finding.log,
          'refused for': kind,
          found: finding.foundAt,
          times: String(finding.times),
          settled: finding.settledAt ?? '-',
          acknowledged: finding.acknowledgedAt ?? '-',
        });
        return {
          json: { at, ...finding, out: file },
          text: [words, earlier ?? '', later].filter((part) => part !== '').join('\n\n'),
        };
      }),
    );
}

const forkOptions = z.object({ vkey: text.optional() });

/** `audit fork`: does a file convict the log? Checked here, with its key alone. */
export function auditFork(tell: Tell): Command {
  return leaf('fork <file>', {
    description: 'Check evidence that a log contradicts itself, offline, with nothing but the log’s key',
    examples: ['audit fork fork.json', 'audit fork fork.json --vkey log.example/one+1a2b3c4d+AQ…'],
  })
    .option('--vkey <vkey>', 'the log’s verification key; that of network.json when absent')
    .action(
      answering(forkOptions, tell, async ({ options: { vkey }, args: [file = ''], home }) => {
        const { parseForkEvidence, parseVkey, verifyFork } = await import('#tlog');
        const key = parseVkey(vkey ?? (await readNetwork(home)).log.vkey);
        const evidence = parseForkEvidence(await readInput(file));
        const { earlier, later } = verifyFork(evidence, { origin: key.name, keys: [key] });
        const sides = [earlier, later].map(({ size, root }) => ({ size, root: root.toString('base64') }));
        const [first, second] = sides;
        return {
          json: { proven: true, kind: evidence.kind, log: key.name, earlier: first, later: second },
          text: `THE LOG CONTRADICTS ITSELF\n${fields({
            log: key.name,
            kind: evidence.kind,
            earlier: `${earlier.size} ${first?.root ?? ''}`,
            later: `${later.size} ${second?.root ?? ''}`,
          })}`,
        };
      }),
    );
}
