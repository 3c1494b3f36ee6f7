import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { newMasterKey } from '#documents';
import type { NetworkPki, RunningKafka } from '#embedded';
import { formatSkey, formatWitnessSkey, parseSkey, parseWitnessSkey } from '#tlog';
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
  const { logKey: keyFile } = placesIn(home);
  const skey = await kept(keyFile, () => formatSkey(origin, randomBytes(SEED_BYTES)));
  const { verifier } = parseSkey(skey);
  return { origin: verifier.name, vkey: verifier.vkey, keyFile };
}

/** The key with which a member's node cosigns the log's checkpoints. */
export interface WitnessIdentity {
  readonly vkey: string;
  readonly keyFile: string;
}

/** Made the first time, mode 0600. */
export async function ensureWitnessKey(home: string, origin: string, ipa: string): Promise<WitnessIdentity> {
  const keyFile = join(placesIn(home).witnesses, `${ipa}.skey`);
  const skey = await kept(keyFile, () =>
    formatWitnessSkey(`${origin}/witness/${ipa}`, randomBytes(SEED_BYTES)),
  );
  return { vkey: parseWitnessSkey(skey).verifier.vkey, keyFile };
}

/** Where a member's node has its master key and the keys that it wraps. */
export interface DocumentKeyPlaces {
  readonly DOCUMENT_KEY_FILE: string;
  readonly DOCUMENT_KEYS_DIR: string;
}

/** The master key of a member's documents; made the first time, mode 0600. */
export async function ensureDocumentKey(home: string, ipa: string): Promise<DocumentKeyPlaces> {
  const { masterKeys, documentKeys } = placesIn(home);
  const file = join(masterKeys, `${ipa}.key`);
  await kept(file, newMasterKey);
  return { DOCUMENT_KEY_FILE: file, DOCUMENT_KEYS_DIR: join(documentKeys, ipa) };
}

/** The secret in a file, made the first time, mode 0600. */
async function kept(file: string, make: () => string): Promise<string> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const known = await readFile(file, 'utf8').catch(() => undefined);
  if (known !== undefined) return known.trim();
  const made = make();
  await writeFile(file, `${made}\n`, { mode: 0o600 });
  return made;
}
