import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import type { NetworkPki, RunningKafka } from '#embedded';
import { formatSkey, parseSkey } from '#tlog';
import { placesIn } from '../network/home.ts';

/** Bytes of an Ed25519 seed. */
const SEED_BYTES = 32;

/** What the registry reads: where each member's node serves documents, and every certificate of the network. */
export async function writeRegistryFiles(
  home: string,
  nodeUrls: Readonly<Record<string, string>>,
  pki: NetworkPki,
  kafka: RunningKafka,
): Promise<void> {
  const { config, members, certificates } = placesIn(home);
  await mkdir(config, { recursive: true, mode: 0o700 });
  const addresses = Object.entries(nodeUrls).map(([ipa, nodeUrl]) => ({ ipa, nodeUrl }));
  await writeFile(members, `${JSON.stringify(addresses, null, 2)}\n`);
  const holders = Object.values(pki.holders);
  const manifest = {
    anchors: [pki.ca.certFile],
    crls: [pki.ca.crlFile],
    certificates: holders.flatMap(({ holder, signing }) => [
      signing.certFile,
      kafka.connectionFor(holder).certFile,
    ]),
  };
  await writeFile(certificates, `${JSON.stringify(manifest, null, 2)}\n`);
}

/** The log's name and public key, as network.json and the auditor have them. */
export interface LogIdentity {
  readonly origin: string;
  readonly vkey: string;
  readonly keyFile: string;
}

/** The key of the log; made the first time, mode 0600. */
export async function ensureLogKey(home: string, origin: string): Promise<LogIdentity> {
  const { config, logKey: keyFile } = placesIn(home);
  await mkdir(config, { recursive: true, mode: 0o700 });
  const known = await readFile(keyFile, 'utf8').catch(() => undefined);
  const skey = known?.trim() ?? formatSkey(origin, randomBytes(SEED_BYTES));
  if (known === undefined) await writeFile(keyFile, `${skey}\n`, { mode: 0o600 });
  const { verifier } = parseSkey(skey);
  return { origin: verifier.name, vkey: verifier.vkey, keyFile };
}
