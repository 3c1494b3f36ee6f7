import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { HubError } from '#errors';
import { readablePath, readPem } from '#platform';
import { rootOfTrust, type RootOfTrust } from '#registry-chain';

/** Where the root's certificate lies, and which one it must be. */
export interface RegistryRootConfig {
  readonly certFile: string;
  /** SHA-256 of the DER, hex. */
  readonly fingerprint: string;
  /** A signed snapshot to begin with while the node has no copy of the registry. */
  readonly snapshotFile?: string;
}

/**
 * `REGISTRY_ROOT_CERT` (PEM) and `REGISTRY_ROOT_FINGERPRINT`, both required: the root is configured, never learnt.
 * `REGISTRY_SNAPSHOT_FILE` is read only while there is no copy, and may be gone afterwards.
 */
export const registryRootConfig = z
  .object({
    REGISTRY_ROOT_CERT: readablePath.describe("the path of the network's root certificate, PEM"),
    REGISTRY_ROOT_FINGERPRINT: z
      .string()
      .regex(/^([0-9a-fA-F]{2}:?){31}[0-9a-fA-F]{2}$/)
      .describe('the SHA-256 fingerprint of the root certificate, 64 hexadecimal characters'),
    REGISTRY_SNAPSHOT_FILE: z
      .string()
      .min(1)
      .optional()
      .describe('the path of a signed snapshot of the registry, with which a node that has no copy starts'),
  })
  .transform((env): RegistryRootConfig => ({
    certFile: env.REGISTRY_ROOT_CERT,
    fingerprint: env.REGISTRY_ROOT_FINGERPRINT,
    ...(env.REGISTRY_SNAPSHOT_FILE === undefined ? {} : { snapshotFile: env.REGISTRY_SNAPSHOT_FILE }),
  }));

/**
 * Reads the configured root.
 * @throws HubError `TLS_FILE_UNREADABLE`, `TRUST_ANCHOR_WRONG` if the certificate is not the one named
 */
export function readRootOfTrust({ certFile, fingerprint }: RegistryRootConfig): RootOfTrust {
  return rootOfTrust(readPem(certFile).toString('utf8'), fingerprint);
}

/**
 * The configured snapshot's bytes, not verified; undefined if none is configured.
 * @throws HubError `FILE_UNREADABLE`
 */
export function readSnapshotFile({ snapshotFile }: RegistryRootConfig): Buffer | undefined {
  if (snapshotFile === undefined) return undefined;
  try {
    return readFileSync(snapshotFile);
  } catch (cause) {
    throw new HubError('FILE_UNREADABLE', `the snapshot ${snapshotFile} cannot be read`, { cause });
  }
}
