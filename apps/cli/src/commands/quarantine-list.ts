import type { Command } from 'commander';
import { z } from 'zod';
import { HubError } from '#errors';
import { readNetwork, type Service } from '../network/network-file.ts';
import { clientOf, nodeAt } from '../network/nodes.ts';
import { answering, leaf, text, type Tell } from '../output/leaf.ts';
import { table } from '../output/table.ts';
import { quarantineCounts, quarantinePage, type QuarantineEntry } from './quarantine-shapes.ts';

const options = z.object({
  at: text.optional(),
  all: z.boolean().default(false),
  counts: z.boolean().default(false),
  status: text.optional(),
  code: text.optional(),
  member: text.optional(),
  event: text.optional(),
  practice: text.optional(),
  since: text.optional(),
  until: text.optional(),
});
type Options = z.output<typeof options>;
/** The most that a node gives at once. */
const LIMIT = 500;

/** `quarantine list`: what could not be accepted, at router, auditor and every authority, or at one of them. */
export function quarantineList(tell: Tell): Command {
  return leaf('list', {
    description: 'List what was parked: at the router, the auditor and every authority, or at one of them',
    examples: [
      'quarantine list',
      'quarantine list --at router --all --json',
      'quarantine list --at router --member p_cr --code SIGNATURE_INVALID --since 2026-03-01T00:00:00Z',
      'quarantine list --counts',
    ],
  })
    .option('--at <node>', 'router, auditor, or the IPA code of an authority')
    .option('--all', 'released, discarded and superseded entries too')
    .option('--counts', 'how many there are, by code and status, in place of the entries')
    .option('--status <status>', 'parked, released, discarded or superseded')
    .option('--code <code>', 'parked for this code')
    .option('--member <ipa>', "from this member's outbox")
    .option('--event <id>', 'whose headers claim this event')
    .option('--practice <owner/uuid>', 'whose headers claim this practice')
    .option('--since <moment>', 'parked at this time or later, e.g. 2026-03-01T00:00:00Z')
    .option('--until <moment>', 'parked before this time')
    .action(
      answering(options, tell, async ({ options: given, home }) => {
        const network = await readNetwork(home);
        const { at } = given;
        const nodes =
          at === undefined ? [network.router, network.auditor, ...network.members] : [nodeAt(network, at)];
        return given.counts ? countsAt(nodes, given) : entriesAt(nodes, given);
      }),
    );
}

function queryOf({ all, status, code, member, event, practice, since, until }: Options) {
  const wanted = status ?? (all ? undefined : 'parked');
  return { status: wanted, code, member, eventId: event, practice, since, until };
}

async function entriesAt(nodes: readonly Service[], given: Options) {
  const { answers, unreachable, away } = await askAll(nodes, given, (node) => entriesOf(node, given));
  const entries = answers.flat();
  const rows = entries.map((entry) => [entry.at, entry.id, entry.code, entry.status, entry.parkedAt]);
  const list =
    entries.length === 0 ? 'nothing is parked' : table(['at', 'id', 'code', 'status', 'since'], rows);
  return { json: { entries, unreachable }, text: `${list}${away}` };
}

async function countsAt(nodes: readonly Service[], given: Options) {
  const { answers, unreachable, away } = await askAll(nodes, given, async (node) => {
    const { counts } = await clientOf(node).get('/v1/quarantine/counts', quarantineCounts, queryOf(given));
    return counts.map((count) => ({ at: node.name, ...count }));
  });
  const counts = answers.flat();
  const rows = counts.map(({ at, code, status, count, oldest }) => [at, code, status, String(count), oldest]);
  const list =
    counts.length === 0 ? 'nothing is parked' : table(['at', 'code', 'status', 'count', 'oldest'], rows);
  return { json: { counts, unreachable }, text: `${list}${away}` };
}

/** Asks each node; one that was named must answer, of all of them those that do not are told. */
async function askAll<T>(nodes: readonly Service[], { at }: Options, ask: (node: Service) => Promise<T>) {
  const results = await Promise.all(
    nodes.map(async (node) => {
      try {
        return { answer: await ask(node) };
      } catch (error) {
        if (at !== undefined || !(error instanceof HubError)) throw error;
        return { away: { at: node.name, code: error.code } };
      }
    }),
  );
  const unreachable = results.flatMap(({ away }) => (away === undefined ? [] : [away]));
  return {
    answers: results.flatMap((result) => ('answer' in result ? [result.answer as T] : [])),
    unreachable,
    away: unreachable.map(({ at: name, code }) => `\n${name} could not be asked: ${code}`).join(''),
  };
}

async function entriesOf(
  node: Service,
  given: Options,
): Promise<readonly (QuarantineEntry & { readonly at: string })[]> {
  const client = clientOf(node);
  const entries: (QuarantineEntry & { readonly at: string })[] = [];
  let after: string | undefined;
  do {
    const page = await client.get('/v1/quarantine', quarantinePage, {
      limit: LIMIT,
      after,
      ...queryOf(given),
    });
    entries.push(...page.entries.map((entry) => ({ ...entry, at: node.name })));
    after = page.next ?? undefined;
  } while (after !== undefined);
  return entries;
}
