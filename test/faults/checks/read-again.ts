/** After all faults: every node reads again everything that it has read, and nothing may come of it. */
import { until } from '../../support/until.ts';
import type { FaultNetwork } from '../network/fault-network.ts';
import type { FaultNode } from '../network/fault-node.ts';

/** Before any record of the run. */
const BEGINNING = '2000-01-01T00:00:00Z';
const WITHIN_MS = 60_000;

interface Rewound {
  readonly node: FaultNode;
  readonly id: string;
  readonly records: number;
}

/** Lets every stream of every node be read again from its beginning. @returns how many records that were, when all are handled */
export async function readAllAgain(network: FaultNetwork): Promise<number> {
  const readers = network.nodes.filter(({ app }) => app !== 'registry');
  const rewound = (await Promise.all(readers.map(rewindAll))).flat();
  for (const { node, id } of rewound)
    await until(`${node.name} has handled it all again`, WITHIN_MS, async () => {
      const { done } = (await ask(node, `/v1/streams/rewinds/${id}`)) as { readonly done?: boolean };
      return done === true ? true : undefined;
    });
  return rewound.reduce((sum, { records }) => sum + records, 0);
}

async function rewindAll(node: FaultNode): Promise<Rewound[]> {
  const { streams } = (await ask(node, '/v1/streams')) as { readonly streams: readonly { stream: string }[] };
  const rewound: Rewound[] = [];
  for (const { stream } of streams) {
    const body = JSON.stringify({ from: BEGINNING, reason: 'the end of a run' });
    const answer = (await ask(node, `/v1/streams/${stream}/rewind`, { method: 'POST', body })) as {
      readonly code?: string;
      readonly detail?: string;
      readonly id: string;
      readonly records: number;
    };
    // A stream on which nothing came.
    if (answer.code === 'REWIND_EMPTY') continue;
    if (answer.code !== undefined)
      throw new Error(`${node.name}, ${stream}: ${answer.code}: ${answer.detail ?? ''}`);
    rewound.push({ node, id: answer.id, records: answer.records });
  }
  return rewound;
}

async function ask({ url, token }: FaultNode, path: string, init: RequestInit = {}): Promise<unknown> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const answer = await fetch(new URL(path, url), { ...init, headers });
  return await answer.json();
}
