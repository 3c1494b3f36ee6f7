import type { Command } from 'commander';
import { z } from 'zod';
import { HubError } from '#errors';
import { readNetwork, type Service } from '../network/network-file.ts';
import { clientOf, nodeAt } from '../network/nodes.ts';
import { answering, leaf, type Tell } from '../output/leaf.ts';
import { table } from '../output/table.ts';
import { readingNode } from '../streams/reading-node.ts';
import { streamList, type StreamList } from '../streams/stream-shapes.ts';

const options = z.object({ at: readingNode.optional() });

/** `streams list`: what nodes read, how each stream stands, and how far it is behind. */
export function streamsList(tell: Tell): Command {
  return leaf('list', {
    description:
      'What the router, the auditor and every authority read, or one of them: state, and how far each stream is behind',
    examples: ['streams list', 'streams list --at router', 'streams list --at p_cr --json'],
  })
    .option('--at <node>', 'router, auditor, or the IPA code of an authority')
    .action(
      answering(options, tell, async ({ options: { at }, home }) => {
        const network = await readNetwork(home);
        const nodes =
          at === undefined ? [network.router, network.auditor, ...network.members] : [nodeAt(network, at)];
        const asked = await Promise.all(nodes.map((node) => streamsOf(node, at !== undefined)));
        const lists = asked.flatMap(({ list }) => list ?? []);
        const unreachable = asked.flatMap(({ away }) => away ?? []);
        const lines = unreachable.map(({ at: name, code }) => `${name} could not be asked: ${code}`);
        return {
          json: { nodes: lists, unreachable },
          text: [table(COLUMNS, lists.flatMap(rowsOf)), ...lines].join('\n'),
        };
      }),
    );
}

const COLUMNS = ['at', 'stream', 'state', 'behind', 'topics'];

function rowsOf({ at, streams, apart }: StreamList): string[][] {
  const read = streams.map(({ stream, state, code, behind, places }) => [
    at,
    stream,
    code === null ? state : `${state} (${code})`,
    behind === null ? '?' : String(behind),
    topicsOf(places),
  ]);
  return [
    ...read,
    ...apart.map(({ stream, topics }) => [at, stream, 'cannot be taken back', '-', topics.join(', ')]),
  ];
}

/** One by name, several by their number: a router reads one for each member. */
function topicsOf(places: StreamList['streams'][number]['places']): string {
  const topics = [...new Set(places.map(({ topic }) => topic))];
  const [first = '-'] = topics;
  return topics.length > 1 ? `${topics.length}: ${first}, …` : first;
}

interface Asked {
  readonly list?: StreamList;
  readonly away?: { readonly at: string; readonly code: string };
}

/** One that was named must answer; of all of them those that do not are told. */
async function streamsOf(node: Service, isNamed: boolean): Promise<Asked> {
  try {
    return { list: await clientOf(node).get('/v1/streams', streamList) };
  } catch (error) {
    if (isNamed || !(error instanceof HubError)) throw error;
    return { away: { at: node.name, code: error.code } };
  }
}
