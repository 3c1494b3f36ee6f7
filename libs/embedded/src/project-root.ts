import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const POM = join('docker', 'kafka', 'pom.xml');

/** The pom that names the broker's jars; found from the source as from `dist`, which lie at different depths. */
export function brokerPom(): string {
  let dir = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(dir, POM)) && dirname(dir) !== dir) dir = dirname(dir);
  return join(dir, POM);
}
