import { HubError } from '#errors';
import {
  CHECKPOINT_PATH,
  folderCopy,
  readExportDescription,
  readRegistry,
  RegistryHistory,
  type ReplaySource,
} from '#audit';
import { parseVkey, verifyCheckpoint } from '#tlog';
import { resolvePath } from '../network/home.ts';
import { readNetwork, type Network } from '../network/network-file.ts';
import { clientOf } from '../network/nodes.ts';
import type { CopyOptions } from './copy-options.ts';
import { servedLog } from './served-log.ts';

/** Where the running network is found, if it is needed. */
export interface NetworkPlace {
  readonly home: string;
  /** Whether its nodes will be asked, too. */
  readonly asksNodes: boolean;
}

/** A log that can be replayed. */
export interface OpenCopy extends ReplaySource {
  /** The signed checkpoint. */
  readonly note: Buffer;
  /** The log's vkey, by which it is. */
  readonly logKey: string;
  /** The signed entries of the registry's chain, from the first. */
  readonly registryEntries: readonly Buffer[];
  /** The running network; null where a folder is read that needs none. */
  readonly network: Network | null;
}

/**
 * Opens a copy of the log in a folder, or the running auditor's where none is named. Its newest checkpoint has to be signed
 * by the log's key: the one given, or that of the running network.
 * @throws HubError `USAGE_INVALID` (a folder, no key, and no network), `LOG_TILE_MISSING`, those of `verifyCheckpoint`,
 *   `readRegistry` and `RegistryHistory`
 */
export async function openCopy(
  folder: string | undefined,
  { vkey, root }: CopyOptions,
  { home, asksNodes }: NetworkPlace,
): Promise<OpenCopy> {
  const isAlone = folder !== undefined && vkey !== undefined && !asksNodes;
  const network = isAlone ? null : await networkFor(folder, home);
  const read =
    folder === undefined ? servedLog(clientOf(required(network).auditor)) : folderCopy(resolvePath(folder));
  const key = vkey ?? network?.log.vkey;
  if (key === undefined) throw new HubError('USAGE_INVALID', 'say the log’s key: --vkey');
  const note = await read(CHECKPOINT_PATH);
  if (note === undefined) throw new HubError('LOG_TILE_MISSING', 'there is no checkpoint here');
  const { size, root: logRoot } = verifyCheckpoint(note, parseVkey(key));
  const known = network?.pki.fingerprint === '' ? undefined : network?.pki.fingerprint;
  const registryEntries = await readRegistry(read);
  const registry = RegistryHistory.of(registryEntries, root ?? known ?? null);
  const description = folder === undefined ? null : await readExportDescription(read);
  const scope = description?.archive.of ?? 'everything';
  const head = { size, root: logRoot };
  const whole = scope === 'everything';
  return { read, head, note, logKey: key, registry, registryEntries, whole, network };
}

async function networkFor(folder: string | undefined, home: string): Promise<Network> {
  try {
    return await readNetwork(home);
  } catch (error) {
    if (folder === undefined || !(error instanceof HubError)) throw error;
    throw new HubError(
      'USAGE_INVALID',
      `no network runs here, so say the log’s key (--vkey): ${error.message}`,
      {
        cause: error,
      },
    );
  }
}

function required(network: Network | null): Network {
  if (network !== null) return network;
  throw new HubError('NETWORK_NOT_RUNNING', 'there is no network whose log could be read');
}
