import { accessConfig } from '#access';
import { HubError } from '#errors';
import { isPkcs11Uri, parsePkcs11Uri } from '#hsm';
import { kafkaConfig } from '#messaging';
import {
  faultConfig,
  httpConfig,
  loadConfig,
  logConfig,
  mutualTlsConfig,
  readablePath,
  type ConfigFragment,
  type Environment,
  type LoadedConfig,
} from '#platform';
import { registryRootConfig } from '#registry-view';
import { z } from 'zod';
import { verifierConfig } from './open-verifier.ts';
import { retentionConfig } from './retention-config.ts';

/** A private key: the path of its PEM file, or the `pkcs11:` URI of a key in a token (RFC 7512). */
const signingKey = z.string().superRefine((value, context) => {
  if (!isPkcs11Uri(value)) {
    if (readablePath.safeParse(value).success) return;
    context.addIssue({
      code: 'custom',
      message: 'the path of a PEM file that this process can read, or a pkcs11: URI',
    });
    return;
  }
  try {
    parsePkcs11Uri(value);
  } catch (error) {
    if (!(error instanceof HubError)) throw error;
    context.addIssue({ code: 'custom', message: `a pkcs11 URI that can be used: ${error.message}` });
  }
});

/** Who a process is: its holder's name, its database and its signing key. */
const identityConfig = z.object({
  NODE_NAME: z
    .string()
    .regex(/^[A-Za-z0-9_.-]{1,64}$/)
    .describe('the holder named in this node’s certificates: an IPA code, or router-1, auditor'),
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//)
    .describe('postgres://user:password@host:port/database, a database of this node’s own'),
  SIGNING_CERT: readablePath.describe('the path of this node’s signing certificate, PEM'),
  SIGNING_KEY: signingKey.describe(
    'the signing certificate’s private key: the path of a PEM file, or a pkcs11: URI',
  ),
});

/** What every node of the network is configured with. */
export const NODE_CONFIG = {
  identity: identityConfig,
  kafka: kafkaConfig,
  tls: mutualTlsConfig,
  http: httpConfig,
  log: logConfig,
  access: accessConfig,
  root: registryRootConfig,
  verifier: verifierConfig,
  retention: retentionConfig,
  faults: faultConfig,
} as const;

export type NodeConfig = LoadedConfig<typeof NODE_CONFIG>;

/**
 * Reads a node's configuration, its own fragments with those that every node has.
 * @throws HubError `CONFIG_INVALID` with every fault at once
 */
export function loadNodeConfig<Own extends Record<string, ConfigFragment>>(
  own: Own,
  env: Environment,
): NodeConfig & LoadedConfig<Own> {
  return loadConfig({ ...NODE_CONFIG, ...own }, env);
}
