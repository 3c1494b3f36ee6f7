/** What is proved once, at the end: the log, what the topics carried, and a replay from nothing but the topics. */
import { stateDigest, topics, type IpaCode } from '#contracts';
import { headerText, KafkaConnection, TopicReader, type IncomingRecord } from '#messaging';
import { createLogger, systemIds } from '#platform';
import { replay } from '../../support/replay.ts';
import type { FaultNetwork } from '../network/fault-network.ts';
import type { Random } from '../random.ts';
import { auditLog } from './audit-log.ts';
import type { SeenCheckpoints } from './seen-checkpoints.ts';
import type { Holdings } from './read-databases.ts';

/** @param altering as in `auditLog` */
export async function proveAll(
  network: FaultNetwork,
  holdings: Holdings,
  seen: SeenCheckpoints,
  altering: Random | null,
): Promise<string[]> {
  return [
    ...(await auditLog(network, holdings, seen, altering)),
    ...(await otherThanReplayed(network, holdings)),
    ...(await twoVersionsOnTopics(network)),
  ];
}

async function otherThanReplayed(network: FaultNetwork, { authorities }: Holdings): Promise<string[]> {
  const replayed = await replay(network.file());
  return authorities.flatMap(({ name, states }) =>
    [...states].flatMap(([practice, state]) => {
      const again = replayed.get(practice);
      return again !== undefined && stateDigest(again) === stateDigest(state)
        ? []
        : [`practice ${practice} at ${name}: another state than the replay's`];
    }),
  );
}

/** A record may be on a topic more than once; it may never be there in two versions. */
async function twoVersionsOnTopics(network: FaultNetwork): Promise<string[]> {
  const { admin } = network;
  const connection = KafkaConnection.open(
    {
      brokers: admin.brokers,
      clientId: 'faults',
      tls: { cert: admin.certFile, key: admin.keyFile, ca: admin.caFile },
    },
    createLogger('faults', { level: 'silent' }),
  );
  const reader = new TopicReader(connection, 'faults', systemIds);
  const names = [topics.routing, ...network.authorities.map(({ name }) => topics.inbox(name as IpaCode))];
  const found = await Promise.all(
    names.map(async (topic) => {
      const versions = new Map<string, Set<string>>();
      for await (const record of reader.read(topic, { until: 'end' })) {
        const about = contentOf(record);
        if (about === null) continue;
        versions.set(about.of, (versions.get(about.of) ?? new Set()).add(about.content));
      }
      return [...versions].flatMap(([of, { size }]) =>
        size === 1 ? [] : [`${topic} carries ${of} in ${size} versions`],
      );
    }),
  );
  await connection.close();
  return found.flat();
}

/** What an event or a decision says of itself in its headers, and its bytes with those of its decision. */
function contentOf(record: IncomingRecord): { readonly of: string; readonly content: string } | null {
  const [id, author] = ['ce_id', 'ce_source'].map((name) => headerText(record, name));
  if (id === undefined) return null;
  const decision = record.headers['hub_decision']?.toString('base64') ?? '';
  return { of: `${author ?? ''}/${id}`, content: `${record.value.toString('base64')} ${decision}` };
}
