import { z } from 'zod';
import { readablePath } from '#platform';

/** A minute: what readers call silence is three of them. */
const HEARTBEAT_MS = 60_000;

/** What the registry is configured with beside what every node is. */
export interface RegistryConfig {
  readonly catalogueDir: string;
  readonly certificatesFile: string;
  readonly membersFile?: string;
  /** Where the next roots lie, one folder each. */
  readonly rootsDir?: string;
  readonly heartbeatMs: number;
}

/** `CATALOGUE_DIR`, `CERTIFICATES_FILE`, `MEMBERS_FILE`, `ROOTS_DIR`, `HEARTBEAT_MS`. */
export const registryConfig = z
  .object({
    CATALOGUE_DIR: readablePath.describe('the folder of the network’s catalogue, with network.yaml in it'),
    CERTIFICATES_FILE: readablePath.describe(
      'the path of a JSON file {"anchors": […], "certificates": […]} of PEM paths, relative to it',
    ),
    MEMBERS_FILE: readablePath
      .optional()
      .describe('the path of a JSON file [{"ipa": …, "nodeUrl": "https://…"}]'),
    ROOTS_DIR: z
      .string()
      .min(1)
      .optional()
      .describe(
        'a folder with one folder for each root that may follow: root.crt.pem, new-with-old.crt.pem, signing.crt.pem, signing.key.pem',
      ),
    HEARTBEAT_MS: z.coerce
      .number()
      .int()
      .min(100)
      .max(3_600_000)
      .default(HEARTBEAT_MS)
      .describe('milliseconds between two heartbeats, 100 to 3600000'),
  })
  .transform((env): RegistryConfig => {
    const { CATALOGUE_DIR, CERTIFICATES_FILE, MEMBERS_FILE, ROOTS_DIR, HEARTBEAT_MS: heartbeatMs } = env;
    return {
      catalogueDir: CATALOGUE_DIR,
      certificatesFile: CERTIFICATES_FILE,
      heartbeatMs,
      ...(MEMBERS_FILE === undefined ? {} : { membersFile: MEMBERS_FILE }),
      ...(ROOTS_DIR === undefined ? {} : { rootsDir: ROOTS_DIR }),
    };
  });
