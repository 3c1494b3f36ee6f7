import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A path in the project's folder; found from the source as from `dist`, which lie at different depths. */
export function inProject(path: string): string {
  let dir = import.meta.dirname;
  while (!existsSync(join(dir, path)) && dirname(dir) !== dir) dir = dirname(dir);
  return join(dir, path);
}

/** The pom that names the broker's jars. */
export function brokerPom(): string {
  return inProject(join('docker', 'kafka', 'pom.xml'));
}
