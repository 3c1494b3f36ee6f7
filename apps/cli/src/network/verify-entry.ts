import { X509Certificate } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { HubError } from '#errors';
import { rootTrust, verifyRegistryEntry, type TrustView, type VerifiedRegistryEntry } from '#evidence';
import type { Network } from './network-file.ts';
import { readInput } from './read-input.ts';

/**
 * Verifies one entry of this network's registry: signed under the root in its folder, or under one of those that have
 * followed it there (`registry rotate-root`).
 * @throws HubError of `verifyRegistryEntry`
 */
export async function verifyEntry(network: Network, bytes: Buffer): Promise<VerifiedRegistryEntry> {
  const roots = await registryRoots(network);
  let refusal: HubError | undefined;
  for (const trust of roots)
    try {
      return verifyRegistryEntry(bytes, trust, new Date());
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
      refusal ??= error;
      if (error.code !== 'CERTIFICATE_UNTRUSTED') throw error;
    }
  throw refusal ?? new HubError('CERTIFICATE_UNTRUSTED', 'there is no root to verify with');
}

async function registryRoots({ pki }: Network): Promise<readonly TrustView[]> {
  const first = rootTrust((await readInput(pki.ca)).toString(), pki.fingerprint);
  const dir = join(pki.dir, 'roots');
  const folders = await readdir(dir).catch(() => []);
  const later = await Promise.all(
    folders.map(async (folder) => {
      const pem = (await readInput(join(dir, folder, 'root.crt.pem'))).toString();
      return rootTrust(pem, new X509Certificate(pem).fingerprint256);
    }),
  );
  return [first, ...later];
}
