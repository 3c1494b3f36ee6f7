import { setTimeout as pause } from 'node:timers/promises';
import { promoteNextKey, stageNextKey, type StagedKey } from '#embedded';
import { HubError } from '#errors';
import type { Network, Service } from '../network/network-file.ts';
import { clientOf } from '../network/nodes.ts';
import { nodeHealth } from '../network/node-health.ts';
import { keyBoard, publishedEntry, type KeyStanding } from './key-shapes.ts';

/** How long a node may take to sign with its next key, once that is valid, milliseconds. */
const SWITCH_WITHIN_MS = 60_000;
const LOOK_MS = 200;

export interface Rotation {
  /** From when on the node signs with the new key. */
  readonly from: Date;
  /** How long both keys are good, milliseconds: then the old one is retired. */
  readonly overlapMs: number;
}

export interface Rotated {
  readonly holder: string;
  readonly generation: number;
  readonly fingerprint: string;
  readonly from: string;
  /** The holder's earlier keys, retired from then on. What they signed stays good. */
  readonly retired: readonly {
    readonly generation: number;
    readonly fingerprint: string;
    readonly retiredFrom: string;
  }[];
}

/**
 * Gives a node its next signing key while it runs: issued, announced by the registry, taken up by the node at the moment
 * said, and only then put in the place of the old one, which is retired when the time of both is over. Cut off at any
 * point, it can be run again and goes on.
 * @throws HubError `KEY_NOT_TAKEN_UP` if the node does not sign with it in time (nothing is retired then), and those of
 *   the registry
 */
export async function rotateKey(network: Network, node: Service, rotation: Rotation): Promise<Rotated> {
  const before = await signingKeys(network, node.name);
  const [first] = before;
  if (first === undefined) throw new HubError('CERTIFICATE_NOT_LISTED', `${node.name} has no signing key`);
  const holder = { dir: network.pki.dir, holder: node.name, role: first.role };
  const staged = await stageNextKey(holder, rotation.from);
  await announce(network, staged, before);
  await untilSigning(node, staged, rotation.from);
  await promoteNextKey(holder, staged.generation);
  return {
    holder: node.name,
    generation: staged.generation,
    fingerprint: staged.fingerprint,
    from: rotation.from.toISOString(),
    retired: await retire(network, node.name, staged, rotation.overlapMs),
  };
}

async function signingKeys(network: Network, name: string): Promise<readonly KeyStanding[]> {
  const keys = await keyBoard(network);
  return keys.filter(({ holder, purpose }) => holder === name && purpose === 'signing');
}

async function announce(network: Network, staged: StagedKey, known: readonly KeyStanding[]): Promise<void> {
  if (known.some(({ fingerprint }) => fingerprint === staged.fingerprint)) return;
  await clientOf(network.registry).post('/v1/certificates', publishedEntry, { pem: staged.certificate });
}

async function untilSigning(node: Service, { fingerprint }: StagedKey, from: Date): Promise<void> {
  const deadline = Math.max(Date.now(), from.getTime()) + SWITCH_WITHIN_MS;
  for (;;) {
    const said = (await clientOf(node).health(nodeHealth)).checks['keys']?.detail ?? '';
    if (said.includes(fingerprint)) return;
    if (Date.now() > deadline)
      throw new HubError(
        'KEY_NOT_TAKEN_UP',
        `${node.name} says: ${said === '' ? 'nothing of its keys' : said}`,
      );
    await pause(LOOK_MS);
  }
}

async function retire(
  network: Network,
  name: string,
  staged: StagedKey,
  overlapMs: number,
): Promise<Rotated['retired']> {
  const keys = await signingKeys(network, name);
  const old = keys.filter(
    ({ generation, revokedFrom }) => generation < staged.generation && revokedFrom === null,
  );
  const retiredFrom = new Date(Date.now() + overlapMs).toISOString();
  for (const { fingerprint } of old) {
    const retirement = { revokedFrom: retiredFrom, reason: 'superseded' };
    await clientOf(network.registry).post(
      `/v1/certificates/${fingerprint}/revoke`,
      publishedEntry,
      retirement,
    );
  }
  return old.map(({ generation, fingerprint }) => ({ generation, fingerprint, retiredFrom }));
}
