/**
 * Replays practices from the topics alone: the product's replay (`#audit`), with records that came by Kafka in place of the
 * log. Every decision is made again on the way, and has to be the one that was signed.
 */
import { practiceKey, topics, type IpaCode, type PracticeState } from '#contracts';
import { RegistryHistory, replayPractice, type ReplayRecord } from '#audit';
import { ensureNetworkPki } from '#embedded';
import { sha256Hex, verifyDecision, verifyEvent } from '#evidence';
import { headerText, KafkaConnection, TopicReader, type IncomingRecord } from '#messaging';
import { createLogger, systemIds } from '#platform';
import type { NetworkFile } from './network.ts';

/** Every practice's state as the topics alone give it, by `<owner>/<uuid>`. */
export async function replay(network: NetworkFile): Promise<Map<string, PracticeState>> {
  const reader = await auditorsReader(network);
  const entries = (await reader(topics.registryState)).filter(
    (record) => headerText(record, 'hub_class') === 'entry',
  );
  const registry = RegistryHistory.of(
    entries.map(({ value }) => value),
    network.pki.fingerprint,
  );
  const states = new Map<string, PracticeState>();
  for (const [key, records] of await readPractices(network, reader, registry)) {
    const { state, findings } = replayPractice(key, records, registry);
    if (findings.length > 0)
      throw new Error(
        findings.map(({ code, practice, detail }) => `${practice} ${code}: ${detail}`).join('\n'),
      );
    if (state !== null) states.set(key, state);
  }
  return states;
}

async function readPractices(
  network: NetworkFile,
  reader: (topic: string) => Promise<IncomingRecord[]>,
  registry: RegistryHistory,
): Promise<Map<string, ReplayRecord[]>> {
  const trust = registry.latest();
  const practices = new Map<string, Map<string, ReplayRecord>>();
  // Redelivery can repeat a record: the first one counts.
  const keep = (practice: string, name: string, record: ReplayRecord): void => {
    const known = practices.get(practice) ?? new Map<string, ReplayRecord>();
    if (!known.has(name)) known.set(name, record);
    practices.set(practice, known);
  };
  // The decision is the first proof of its event: a key that was revoked since has signed it for good.
  const provedAt = new Map<string, Date>();
  for (const [leaf, { value }] of (await reader(topics.routing)).entries()) {
    const { decision, item, digest } = verifyDecision(value, trust, new Date());
    provedAt.set(decision.event.digest, new Date(decision.time));
    const name = `decision ${decision.event.author}/${decision.event.id}`;
    keep(practiceKey(decision.practice), name, {
      kind: 'decision',
      leaf,
      item: item.toString('utf8'),
      digest,
    });
  }
  for (const { ipa } of network.members) {
    for (const [leaf, { value }] of (await reader(topics.outbox(ipa as IpaCode))).entries()) {
      const at = provedAt.get(sha256Hex(value));
      if (at === undefined) continue;
      const { event, digest, signedInfoDigest } = verifyEvent(value, trust, at);
      const name = `event ${event.author.ipa}/${event.id}`;
      keep(practiceKey(event.practice), name, { kind: 'event', leaf, event, digest, signedInfoDigest });
    }
  }
  return new Map([...practices].map(([key, records]) => [key, [...records.values()]]));
}

/** Reads a whole topic with the auditor's own certificate: what it may not read, it does not get. */
export async function auditorsReader(
  network: NetworkFile,
): Promise<(topic: string) => Promise<IncomingRecord[]>> {
  const pki = await ensureNetworkPki({
    dir: network.pki.dir,
    holders: [{ holder: 'auditor', role: 'auditor' }],
  });
  const transport = pki.holders['auditor']?.transport;
  if (!transport) throw new Error('the auditor has no certificate');
  const tls = { cert: transport.certFile, key: transport.keyFile, ca: network.pki.ca };
  const logger = createLogger('replay', { level: 'silent' });
  const connection = KafkaConnection.open(
    { brokers: network.kafka.brokers, clientId: 'replay', tls },
    logger,
  );
  const reader = new TopicReader(connection, 'auditor', systemIds);
  return async (topic) => {
    const records: IncomingRecord[] = [];
    for await (const record of reader.read(topic, { until: 'end' })) records.push(record);
    return records;
  };
}
