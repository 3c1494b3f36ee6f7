/** Faults of the network between the machines: a node cut off from the brokers, or from the other nodes. */
import { setTimeout as pause } from 'node:timers/promises';
import type { CutKind } from '../network/cut.ts';
import type { FaultKind } from './fault.ts';
import { AUDITOR, AUTHORITIES } from './process-faults.ts';

const CUTS: readonly CutKind[] = ['refused', 'silent'];

export const cutFromBrokers: FaultKind = {
  kind: 'cut-from-brokers',
  title: 'the network cut between a node and the brokers, refusing or in silence',
  weight: 3,
  draw: (random) => {
    const victim = random.pick(['router-1', 'auditor', 'registry', ...AUTHORITIES]);
    const how = random.pick(CUTS);
    const ms = random.between(3_000, 8_000);
    return {
      kind: cutFromBrokers.kind,
      victim,
      what: `${victim} cut off from the brokers (${how}) for ${ms} ms`,
      strike: async (network) => {
        const { toBrokers } = network.node(victim);
        for (const way of toBrokers) way.cut(how);
        await pause(ms);
        for (const way of toBrokers) way.mend();
        return 'done';
      },
    };
  },
};

export const cutBetweenNodes: FaultKind = {
  kind: 'cut-between-nodes',
  title: 'the network cut between two nodes (documents), refusing or in silence',
  weight: 2,
  draw: (random) => {
    const [from, to] = random.shuffled(AUTHORITIES) as [string, string];
    const how = random.pick(CUTS);
    const ms = random.between(3_000, 8_000);
    return {
      kind: cutBetweenNodes.kind,
      victim: `the way from ${from} to ${to}`,
      what: `${from} cannot reach ${to} (${how}) for ${ms} ms`,
      strike: async (network) => {
        const way = network.node(to).fromPeers;
        way?.cut(how, from);
        await pause(ms);
        way?.mend(from);
        return 'done';
      },
    };
  },
};

export const cutFromWitnesses: FaultKind = {
  kind: 'cut-from-witnesses',
  title: 'the network cut between the auditor and some or all of its witnesses, refusing or in silence',
  weight: 1,
  draw: (random) => {
    const witnesses = random.shuffled(AUTHORITIES).slice(0, random.between(1, AUTHORITIES.length));
    const how = random.pick(CUTS);
    const ms = random.between(3_000, 8_000);
    return {
      kind: cutFromWitnesses.kind,
      victim: 'the ways to the witnesses',
      what: `the auditor cannot reach its witnesses ${witnesses.join(', ')} (${how}) for ${ms} ms`,
      strike: async (network) => {
        const ways = witnesses.map((ipa) => network.node(ipa).fromPeers);
        for (const way of ways) way?.cut(how, AUDITOR);
        await pause(ms);
        for (const way of ways) way?.mend(AUDITOR);
        return 'done';
      },
    };
  },
};
