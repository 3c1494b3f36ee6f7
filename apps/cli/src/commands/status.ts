import type { Command } from 'commander';
import { z } from 'zod';
import { HubError } from '#errors';
import { readNetwork, type Service } from '../network/network-file.ts';
import { clientOf, everyNode } from '../network/nodes.ts';
import { nodeHealth, type NodeHealth } from '../network/node-health.ts';
import { identify } from '../network/process-identity.ts';
import { answering, leaf, type Tell } from '../output/leaf.ts';
import { table } from '../output/table.ts';

interface NodeStatus {
  readonly name: string;
  readonly url: string;
  readonly pid: number;
  /** Whether a process with that number runs. */
  readonly running: boolean;
  readonly status: NodeHealth['status'];
  readonly checks: NodeHealth['checks'];
}

/** `status`: the health of every node, with its streams and outbox. */
export function status(tell: Tell): Command {
  return leaf('status', {
    description: 'How every node is: database, registry copy, streams, outbox; 1 if one is down',
    examples: ['status', 'status --json'],
  }).action(
    answering(z.object({}), tell, async ({ home }) => {
      const network = await readNetwork(home);
      const nodes = await Promise.all(everyNode(network).map(statusOf));
      const { kafka, postgres, up } = network;
      const rows = nodes.map((node) => [node.name, node.status, String(node.pid), node.url, details(node)]);
      const answer = {
        network: network.network,
        home: network.home,
        up: up.pid,
        kafka: { kind: kafka.kind, brokers: kafka.brokers, pid: kafka.pid },
        postgres: { kind: postgres.kind, pid: postgres.pid },
        nodes,
      };
      const parts = [
        `${network.network} in ${network.home}, started by process ${up.pid}`,
        `Kafka ${kafka.kind} ${kafka.brokers.join(',')} pid ${kafka.pid ?? '-'}; PostgreSQL ${postgres.kind} pid ${postgres.pid ?? '-'}`,
        '',
        table(['node', 'status', 'pid', 'address', 'details'], rows),
      ];
      const exitCode = nodes.some((node) => node.status === 'down') ? 1 : 0;
      return { json: answer, text: parts.join('\n'), exitCode };
    }),
  );
}

async function statusOf(node: Service): Promise<NodeStatus> {
  const { name, url, pid } = node;
  const running = identify(pid) !== undefined;
  try {
    return { name, url, pid, running, ...(await clientOf(node).health(nodeHealth)) };
  } catch (error) {
    if (!(error instanceof HubError)) throw error;
    return {
      name,
      url,
      pid,
      running,
      status: 'down',
      checks: { rest: { status: 'down', detail: error.code } },
    };
  }
}

function details({ checks }: NodeStatus): string {
  return Object.entries(checks)
    .filter(([, check]) => check.detail !== undefined || check.status !== 'up')
    .map(([name, check]) => `${name} ${check.detail ?? check.status}`)
    .join('; ');
}
