/** Rebuilds practices from the topics alone, as an auditor would: decisions give the order, outboxes the events. */
import { readFileSync } from 'node:fs';
import { foldPractice, practiceKey, topics, type IpaCode, type PracticeState } from '#contracts';
import { ensureNetworkPki } from '#embedded';
import { sha256Hex, verifyDecision, verifyEvent, type VerifiedDecision, type VerifiedEvent } from '#evidence';
import { headerText, KafkaConnection, TopicReader, type IncomingRecord } from '#messaging';
import { createLogger, systemIds } from '#platform';
import { RegistryChain, rootOfTrust } from '#registry-chain';
import type { NetworkFile } from './network.ts';

/** Every practice's state as the topics alone give it, by `<owner>/<uuid>`. */
export async function replay(network: NetworkFile): Promise<Map<string, PracticeState>> {
  const reader = await auditorsReader(network);
  const root = rootOfTrust(readFileSync(network.pki.ca, 'utf8'), network.pki.fingerprint);
  const entries = (await reader(topics.registryState)).filter(
    (record) => headerText(record, 'hub_class') === 'entry',
  );
  const registry = RegistryChain.replay(
    root,
    entries.map(({ value }) => value),
  );
  const trust = registry.latest();
  const decisions = (await reader(topics.routing)).map(({ value }) =>
    verifyDecision(value, trust, new Date()),
  );
  // The decision is the first proof of its event: a key that was revoked since has signed it for good.
  const provedAt = new Map(decisions.map(({ decision }) => [decision.event.digest, new Date(decision.time)]));
  const events = new Map<string, VerifiedEvent>();
  for (const { ipa } of network.members) {
    for (const { value } of await reader(topics.outbox(ipa as IpaCode))) {
      const at = provedAt.get(sha256Hex(value));
      if (at === undefined) continue;
      const verified = verifyEvent(value, trust, at);
      events.set(`${verified.event.author.ipa}/${verified.event.id}`, verified);
    }
  }
  const states = new Map<string, PracticeState>();
  for (const { decision } of inPositionOrder(decisions)) {
    const verified = events.get(`${decision.event.author}/${decision.event.id}`);
    const procedure = registry
      .at(decision.registry.number)
      .procedure(decision.procedure.code, decision.procedure.version);
    if (!verified || !procedure)
      throw new Error(`the topics do not hold what decision ${decision.event.id} is about`);
    const key = practiceKey(decision.practice);
    const step = { event: verified.event, eventDigest: verified.digest, decision };
    states.set(key, foldPractice(states.get(key) ?? null, step, procedure));
  }
  return states;
}

/** Redelivery can repeat a decision on the topic: the first of each position counts. */
function inPositionOrder(decisions: readonly VerifiedDecision[]): VerifiedDecision[] {
  const firsts = new Map<string, VerifiedDecision>();
  for (const one of decisions) {
    const place = `${practiceKey(one.decision.practice)}#${one.decision.position}`;
    if (!firsts.has(place)) firsts.set(place, one);
  }
  return [...firsts.values()].sort((a, b) => a.decision.position - b.decision.position);
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
