import { join, resolve } from 'node:path';

/** The folder of a network: the one given, that of `RESET_HUB_HOME`, or `.data` where the command runs. */
export function homeOf(given: string | undefined, { RESET_HUB_HOME }: NodeJS.ProcessEnv): string {
  if (given !== undefined) return resolvePath(given);
  return resolve(RESET_HUB_HOME === undefined || RESET_HUB_HOME === '' ? '.data' : RESET_HUB_HOME);
}

/** What lies where under a network's folder. */
export function placesIn(home: string) {
  return {
    marker: join(home, 'reset-hub.json'),
    lock: join(home, 'up.json'),
    network: join(home, 'network.json'),
    secrets: join(home, 'secrets.json'),
    ports: join(home, 'ports.json'),
    logs: join(home, 'logs'),
    pki: join(home, 'pki'),
    kafka: join(home, 'kafka'),
    config: join(home, 'config'),
    documents: join(home, 'documents'),
    documentKeys: join(home, 'document-keys'),
    masterKeys: join(home, 'config', 'document-keys'),
    logKey: join(home, 'config', 'log.skey'),
    witnesses: join(home, 'config', 'witnesses'),
    members: join(home, 'config', 'members.json'),
    certificates: join(home, 'config', 'certificates.json'),
    caCertificate: join(home, 'pki', 'ca.crt.pem'),
    roots: join(home, 'pki', 'roots'),
  } as const;
}

/**
 * A path as the person who typed it means it: npm runs its scripts in the project's folder, and says in `INIT_CWD` from
 * where it was called.
 */
export function resolvePath(path: string): string {
  const { npm_lifecycle_event: script, INIT_CWD: typedIn } = process.env;
  const isOurScript = script === 'hub' || script === 'start';
  return isOurScript && typedIn !== undefined ? resolve(typedIn, path) : resolve(path);
}
