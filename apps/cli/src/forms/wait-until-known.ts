import { setTimeout as pause } from 'node:timers/promises';
import { HubError } from '#errors';
import type { Network, Service } from '../network/network-file.ts';
import { nodeHealth, registryEntryOf } from '../network/node-health.ts';
import { clientOf } from '../network/nodes.ts';

const LOOK_MS = 100;

/**
 * Waits until every authority and the router have registry entry `number` in their copy, so that whoever files next
 * finds what was just registered. Names those that have not within the time.
 */
export async function waitUntilKnown(
  network: Network,
  number: number,
  withinMs: number,
): Promise<readonly string[]> {
  const deadline = Date.now() + withinMs;
  const waits = [network.router, ...network.members].map(async (node) => {
    while (((await entryAt(node)) ?? 0) < number) {
      if (Date.now() > deadline) return [node.name];
      await pause(LOOK_MS);
    }
    return [];
  });
  return (await Promise.all(waits)).flat();
}

async function entryAt(node: Service): Promise<number | undefined> {
  try {
    return registryEntryOf(await clientOf(node).health(nodeHealth));
  } catch (error) {
    if (error instanceof HubError) return undefined;
    throw error;
  }
}
