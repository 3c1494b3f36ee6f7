/** A log with witnesses, for the specs. */
import { parseIpaCode } from '#contracts';
import { createLogger, systemIds, type Clock } from '#platform';
import type { KnownLog } from '#tlog';
import type { LogInstance } from '../log-database.fixture.ts';
import { integrate } from '../log/integrate.ts';
import { anEvent, outboxRecord, type SampleNetwork } from '../signed-samples.fixture.ts';
import { transportOf, type WitnessNode } from './witness-nodes.fixture.ts';
import type { WitnessParts } from './witness-parts.ts';
import type { Quorum } from './witnesses-config.ts';

const logger = createLogger('test', { level: 'silent' });

/** A clock that stands until it is put forward. */
export class StandingClock implements Clock {
  #at = Date.now();

  now(): Date {
    return new Date(this.#at);
  }

  forward(ms: number): void {
    this.#at += ms;
  }
}

export function logOf({ signer }: LogInstance): KnownLog {
  return { origin: signer.verifier.name, keys: [signer.verifier] };
}

export function partsOf(
  log: LogInstance,
  network: SampleNetwork,
  nodes: readonly WitnessNode[],
  {
    clock = new StandingClock(),
    quorum = 'majority',
    ...other
  }: { clock?: Clock; quorum?: Quorum; answerMs?: number } = {},
): WitnessParts {
  return {
    ...{ work: log.work, clock, logger, ids: systemIds, log: logOf(log), tls: transportOf('auditor') },
    registry: {
      anchors: network.anchors,
      certificate: (fingerprint) => network.certificate(fingerprint),
      members: () => nodes.map(({ ipa, url }) => ({ ipa: parseIpaCode(ipa), nodeUrl: url })),
    },
    signer: network.signer('auditor'),
    settings: { quorum, paceMs: 1_000 },
    isWriting: () => true,
    ...other,
  };
}

/** Takes in so many events and publishes a checkpoint of them. */
export async function grow(log: LogInstance, network: SampleNetwork, events: number): Promise<number> {
  const takeIn = log.takeIn(network);
  for (let n = 0; n < events; n += 1) {
    await takeIn.run('events', [outboxRecord(await network.event(anEvent()))]);
  }
  await log.work.run((tx) => integrate(tx, log.signer));
  return log.size();
}
