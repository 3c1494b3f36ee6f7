import type { Command } from 'commander';
import { z } from 'zod';
import { HubError } from '#errors';
import { readNetwork, type Network, type Service } from '../network/network-file.ts';
import { clientOf, everyNode } from '../network/nodes.ts';
import { nodeHealth, type NodeHealth } from '../network/node-health.ts';
import { identify } from '../network/process-identity.ts';
import { answering, leaf, type Tell } from '../output/leaf.ts';
import { table } from '../output/table.ts';
import { logStandingOf, standingInWords } from '../witnesses/witness-shapes.ts';

/** As `GET /v1/partners` answers. */
const partnerLines = z.object({
  partners: z.array(
    z.looseObject({
      partner: z.string(),
      lag: z.number().nullable(),
      retentionLeftSeconds: z.number().nullable(),
      unreceived: z.number().nullable(),
      lastHeardAt: z.string().nullable(),
      unsent: z.number().nullable(),
      oldestUnsentSeconds: z.number().nullable(),
      waiting: z.number(),
      parked: z.number(),
      retrying: z.number().nullable(),
      awaySince: z.string().nullable(),
    }),
  ),
  lostDocuments: z.number().nullish(),
});
type PartnerLine = z.output<typeof partnerLines>['partners'][number];

interface NodeStatus {
  readonly name: string;
  readonly url: string;
  readonly pid: number;
  /** Whether a process with that number runs. */
  readonly running: boolean;
  readonly status: NodeHealth['status'];
  readonly checks: NodeHealth['checks'];
  /** How the exchange with each partner stands, where the node has partners and answers. */
  readonly partners: readonly PartnerLine[];
  /** Documents that are missing from its disk; null where it keeps none, or does not answer. */
  readonly lostDocuments: number | null;
}

/** `status`: the health of every node, with its streams and outbox. */
export function status(tell: Tell): Command {
  return leaf('status', {
    description:
      'How every node is (database, registry copy, streams, outbox), and the exchange with each partner; 1 if one is down',
    examples: ['status', 'status --json'],
  }).action(
    answering(z.object({}), tell, async ({ home }) => {
      const network = await readNetwork(home);
      const [log, nodes] = await Promise.all([
        logStandingOf(network),
        Promise.all(everyNode(network).map((node) => statusOf(node, hasPartners(network, node)))),
      ]);
      const { kafka, postgres, up } = network;
      const rows = nodes.map((node) => [node.name, node.status, String(node.pid), node.url, details(node)]);
      const answer = {
        network: network.network,
        home: network.home,
        up: up.pid,
        kafka: { kind: kafka.kind, brokers: kafka.brokers, pid: kafka.pid },
        postgres: { kind: postgres.kind, pid: postgres.pid },
        nodes,
        log,
      };
      const parts = [
        `${network.network} in ${network.home}, started by process ${up.pid}`,
        `Kafka ${kafka.kind} ${kafka.brokers.join(',')} pid ${kafka.pid ?? '-'}; PostgreSQL ${postgres.kind} pid ${postgres.pid ?? '-'}`,
        ...(log === null ? [] : [standingInWords(log)]),
        '',
        table(['node', 'status', 'pid', 'address', 'details'], rows),
        '',
        table(PARTNER_COLUMNS, nodes.flatMap(partnerRows)),
      ];
      const exitCode = nodes.some((node) => node.status === 'down') ? 1 : 0;
      return { json: answer, text: parts.join('\n'), exitCode };
    }),
  );
}

/** The members and the router have partners; the registry and the auditor serve everyone alike. */
function hasPartners({ router, members }: Network, node: Service): boolean {
  return node === router || members.some((member) => member === node);
}

async function statusOf(node: Service, partnered: boolean): Promise<NodeStatus> {
  const { name, url, pid } = node;
  const running = identify(pid) !== undefined;
  try {
    const client = clientOf(node);
    const [health, { partners, lostDocuments = null }] = await Promise.all([
      client.health(nodeHealth),
      partnered ? client.get('/v1/partners', partnerLines).catch(unknownPartners) : NO_PARTNERS,
    ]);
    return { name, url, pid, running, ...health, partners, lostDocuments };
  } catch (error) {
    if (!(error instanceof HubError)) throw error;
    return {
      name,
      url,
      pid,
      running,
      status: 'down',
      checks: { rest: { status: 'down', detail: error.code } },
      ...NO_PARTNERS,
    };
  }
}

function details({ checks }: NodeStatus): string {
  return Object.entries(checks)
    .filter(([, check]) => check.detail !== undefined || check.status !== 'up')
    .map(([name, check]) => `${name} ${check.detail ?? check.status}`)
    .join('; ');
}

const NO_PARTNERS = { partners: [], lostDocuments: null };

/** A node whose database is away tells its health all the same. */
function unknownPartners(error: unknown): z.output<typeof partnerLines> {
  if (error instanceof HubError) return NO_PARTNERS;
  throw error;
}

const PARTNER_COLUMNS = [
  'at',
  'partner',
  'behind',
  'forgotten in',
  'unsent',
  'oldest',
  'unreceived',
  'last heard',
  'waiting',
  'parked',
  'documents due',
  'away since',
];
const DAY_SECONDS = 86_400;
const UNKNOWN = '-';

function partnerRows({ name, partners }: NodeStatus): string[][] {
  return partners.map((line) => [
    name,
    line.partner,
    String(line.lag ?? UNKNOWN),
    line.retentionLeftSeconds === null
      ? UNKNOWN
      : `${(line.retentionLeftSeconds / DAY_SECONDS).toFixed(1)} d`,
    String(line.unsent ?? UNKNOWN),
    line.oldestUnsentSeconds === null ? UNKNOWN : `${Math.round(line.oldestUnsentSeconds)} s`,
    String(line.unreceived ?? UNKNOWN),
    line.lastHeardAt ?? UNKNOWN,
    String(line.waiting),
    String(line.parked),
    String(line.retrying ?? UNKNOWN),
    line.awaySince ?? UNKNOWN,
  ]);
}
