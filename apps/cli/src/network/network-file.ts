import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { HubError } from '#errors';
import { placesIn } from './home.ts';
import { isRunning } from './process-identity.ts';

const service = z.object({
  name: z.string().describe('the holder in its certificates'),
  url: z.url().describe('base address of its REST interface'),
  token: z.string().describe('a token with every scope'),
  pid: z.int(),
  log: z.string().describe('its log file'),
  database: z.string().describe('URL of its own database'),
});

const member = service.extend({
  ipa: z.string(),
  title: z.string().describe('the name of the body'),
  nodeUrl: z.url().describe('where it serves documents to the other nodes, over mutual TLS'),
  witness: z.string().optional().describe('the vkey with which its node cosigns the log’s checkpoints'),
});

const networkFile = z.object({
  network: z.string(),
  home: z.string(),
  /** The process that started all this. */
  up: z.object({ pid: z.int(), started: z.string(), at: z.iso.datetime() }),
  members: z.array(member),
  registry: service,
  router: service,
  auditor: service.extend({
    nodeUrl: z.url().optional().describe('where it serves the log to the members’ nodes, over mutual TLS'),
  }),
  kafka: z.object({
    kind: z.string(),
    brokers: z.array(z.string()),
    pid: z.int().nullable(),
    dir: z.string(),
    admin: z.object({ cert: z.string(), key: z.string(), ca: z.string() }),
  }),
  postgres: z.object({ kind: z.string(), url: z.string(), pid: z.int().nullable() }),
  pki: z.object({ ca: z.string(), dir: z.string(), fingerprint: z.string() }),
  log: z.object({ origin: z.string(), vkey: z.string() }),
});

/** `network.json`: what runs, and how to reach it. Documented in docs/cli.md. */
export type Network = z.output<typeof networkFile>;
export type Service = z.output<typeof service>;
export type Member = z.output<typeof member>;

/**
 * What runs in `home`.
 * @throws HubError `NETWORK_NOT_RUNNING`, also when the process that wrote the file is gone; `NETWORK_FILE_INVALID`
 */
export async function readNetwork(home: string): Promise<Network> {
  const path = placesIn(home).network;
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new HubError('NETWORK_NOT_RUNNING', `there is no ${path}`, { cause });
  }
  const network = parse(text, path);
  if (isRunning(network.up)) return network;
  throw new HubError(
    'NETWORK_NOT_RUNNING',
    `process ${network.up.pid}, which ran the network of ${path}, is gone`,
  );
}

function parse(text: string, path: string): Network {
  try {
    return networkFile.parse(JSON.parse(text));
  } catch (cause) {
    throw new HubError('NETWORK_FILE_INVALID', `${path} is not as this program writes it`, { cause });
  }
}

/** Writes `network.json` whole, mode 0600: nobody ever reads half of it. */
export async function writeNetwork(network: Network): Promise<void> {
  const path = placesIn(network.home).network;
  await writeFile(`${path}.part`, `${JSON.stringify(network, null, 2)}\n`, { mode: 0o600 });
  await rename(`${path}.part`, path);
}

export async function removeNetwork(home: string): Promise<void> {
  await rm(placesIn(home).network, { force: true });
}
