import type { Command } from 'commander';
import { z } from 'zod';
import { HubError } from '#errors';
import { readNetwork, type Service } from '../network/network-file.ts';
import { clientOf, nodeAt } from '../network/nodes.ts';
import { answering, leaf, text, type Tell } from '../output/leaf.ts';
import { table } from '../output/table.ts';
import { quarantinePage, type QuarantineEntry } from './quarantine-shapes.ts';

const options = z.object({ at: text.optional(), all: z.boolean().default(false) });
/** The most that a node gives at once. */
const LIMIT = 500;

/** `quarantine list`: what could not be accepted, at the router and at every authority, or at one of them. */
export function quarantineList(tell: Tell): Command {
  return leaf('list', {
    description: 'List what was parked: at the router and at every authority, or at one of them',
    examples: ['quarantine list', 'quarantine list --at router --all --json'],
  })
    .option('--at <node>', 'router, or the IPA code of an authority')
    .option('--all', 'released entries too')
    .action(
      answering(options, tell, async ({ options: { at, all }, home }) => {
        const network = await readNetwork(home);
        const nodes = at === undefined ? [network.router, ...network.members] : [nodeAt(network, at)];
        const answers = await Promise.all(nodes.map((node) => entriesOf(node, all, at !== undefined)));
        const entries = answers.flatMap((answer) => answer.entries);
        const unreachable = answers.flatMap((answer) => answer.unreachable);
        const rows = entries.map((entry) => [entry.at, entry.id, entry.code, entry.status, entry.parkedAt]);
        const away = unreachable.map(({ at: name, code }) => `\n${name} could not be asked: ${code}`);
        const list =
          entries.length === 0 ? 'nothing is parked' : table(['at', 'id', 'code', 'status', 'since'], rows);
        return { json: { entries, unreachable }, text: `${list}${away.join('')}` };
      }),
    );
}

interface Entries {
  readonly entries: readonly (QuarantineEntry & { readonly at: string })[];
  readonly unreachable: readonly { readonly at: string; readonly code: string }[];
}

async function entriesOf(node: Service, all: boolean, mustAnswer: boolean): Promise<Entries> {
  const client = clientOf(node);
  const entries: (QuarantineEntry & { readonly at: string })[] = [];
  try {
    let after: string | undefined;
    do {
      const query = { limit: LIMIT, after, status: all ? undefined : 'parked' };
      const page = await client.get('/v1/quarantine', quarantinePage, query);
      entries.push(...page.entries.map((entry) => ({ ...entry, at: node.name })));
      after = page.next ?? undefined;
    } while (after !== undefined);
    return { entries, unreachable: [] };
  } catch (error) {
    if (mustAnswer || !(error instanceof HubError)) throw error;
    return { entries, unreachable: [{ at: node.name, code: error.code }] };
  }
}
