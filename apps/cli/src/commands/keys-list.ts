import type { Command } from 'commander';
import { z } from 'zod';
import { keyBoard, type KeyStanding } from '../keys/key-shapes.ts';
import { readNetwork } from '../network/network-file.ts';
import { answering, leaf, text, type Tell } from '../output/leaf.ts';
import { table } from '../output/table.ts';

const options = z.object({ at: text.optional() });

/** `keys list`: who expires when. */
export function keysList(tell: Tell): Command {
  return leaf('list', {
    description: 'List every certificate of the network: who expires when, and who has to be warned',
    examples: ['keys list', 'keys list --at c_d150 --json'],
  })
    .option('--at <holder>', 'only those of this holder: an IPA code, router-1, registry, auditor')
    .action(
      answering(options, tell, async ({ options: { at }, home }) => {
        const every = await keyBoard(await readNetwork(home));
        const keys = every.filter(
          ({ holder }) => at === undefined || holder.toLowerCase() === at.toLowerCase(),
        );
        const warnings = keys.filter(({ warning }) => warning !== null);
        return { json: { keys, warnings }, text: boardText(keys, warnings) };
      }),
    );
}

function boardText(keys: readonly KeyStanding[], warnings: readonly KeyStanding[]): string {
  const rows = keys.map((key) => [
    key.holder,
    key.role,
    `${key.purpose}-g${key.generation}`,
    key.state,
    key.notBefore.slice(0, 10),
    key.notAfter.slice(0, 10),
    String(key.daysLeft),
    key.fingerprint,
  ]);
  const head = ['holder', 'role', 'key', 'state', 'from', 'until', 'days left', 'fingerprint'];
  const said = warnings.map(
    ({ holder, purpose, generation, daysLeft, warning }) =>
      `\n${holder} ${purpose}-g${generation}: ${daysLeft} days left, under ${warning}`,
  );
  return `${table(head, rows)}${said.length > 0 ? '\n' : ''}${said.join('')}`;
}
