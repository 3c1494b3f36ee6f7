import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { loadCatalogue, type Catalogue } from '#contracts';
import { inProject } from '#embedded';
import { HubError } from '#errors';
import { resolvePath } from '../network/home.ts';

const DEFAULT_NETWORK = join('contracts', 'catalogue', 'cremona', 'network.yaml');

/** The processes of every network that are not a public body's. */
export const SERVICES = {
  registry: { name: 'registry', role: 'registry' },
  router: { name: 'router-1', role: 'router' },
  auditor: { name: 'auditor', role: 'auditor' },
} as const;
export type ServiceKey = keyof typeof SERVICES;

/** Which network to start: all of it is data of the catalogue. */
export interface NetworkPlan {
  /** Folder of the catalogue. */
  readonly dir: string;
  readonly catalogue: Catalogue;
  readonly members: readonly { readonly ipa: string; readonly title: string }[];
}

/**
 * Reads the network that `file` (a `network.yaml`) describes; the rete di Cremona when absent.
 * @throws HubError `FILE_UNREADABLE`, `CATALOGUE_INVALID`
 */
export function planNetwork(file: string | undefined): NetworkPlan {
  const path = file === undefined ? inProject(DEFAULT_NETWORK) : resolvePath(file);
  if (!existsSync(path)) throw new HubError('FILE_UNREADABLE', `there is no ${path}`);
  const dir = dirname(path);
  const catalogue = loadCatalogue(dir);
  const members = catalogue.bodies
    .filter(({ joined }) => joined)
    .map(({ ipa, name }) => ({ ipa, title: name }));
  return { dir, catalogue, members };
}

/** The names of all nodes of a network, as their certificates have them. */
export function nodeNames({ members }: Pick<NetworkPlan, 'members'>): readonly string[] {
  return [...Object.values(SERVICES).map(({ name }) => name), ...members.map(({ ipa }) => ipa)];
}
