import { z } from 'zod';
import { readablePath, readPem } from '#platform';
import { rootOfTrust, type RootOfTrust } from './chain/root-of-trust.ts';

/** Where the root's certificate lies, and which one it must be. */
export interface RegistryRootConfig {
  readonly certFile: string;
  /** SHA-256 of the DER, hex. */
  readonly fingerprint: string;
}

/** `REGISTRY_ROOT_CERT` (PEM) and `REGISTRY_ROOT_FINGERPRINT`, both required: the root is configured, never learnt. */
export const registryRootConfig = z
  .object({
    REGISTRY_ROOT_CERT: readablePath.describe("the path of the network's root certificate, PEM"),
    REGISTRY_ROOT_FINGERPRINT: z
      .string()
      .regex(/^([0-9a-fA-F]{2}:?){31}[0-9a-fA-F]{2}$/)
      .describe('the SHA-256 fingerprint of the root certificate, 64 hexadecimal characters'),
  })
  .transform((env): RegistryRootConfig => ({
    certFile: env.REGISTRY_ROOT_CERT,
    fingerprint: env.REGISTRY_ROOT_FINGERPRINT,
  }));

/**
 * Reads the configured root.
 * @throws HubError `TLS_FILE_UNREADABLE`, `TRUST_ANCHOR_WRONG` if the certificate is not the one named
 */
export function readRootOfTrust({ certFile, fingerprint }: RegistryRootConfig): RootOfTrust {
  return rootOfTrust(readPem(certFile).toString('utf8'), fingerprint);
}
