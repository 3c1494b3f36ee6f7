import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { HubError } from '#errors';
import { run } from '../process/run.ts';

/** Written last into the cache folder: name and SHA-256 of each jar, and of the pom that named them. */
const MARKER = 'complete.json';
const DOWNLOAD_LIMIT_MS = 170_000;

interface Marker {
  readonly pom: string;
  readonly jars: Readonly<Record<string, string>>;
}

/** Where downloads, and what is made of them, are kept: `RESET_HUB_CACHE`, or `reset-hub` in the XDG cache folder. */
export function cacheDir(env: NodeJS.ProcessEnv): string {
  const { RESET_HUB_CACHE: own, XDG_CACHE_HOME: xdg } = env;
  if (own !== undefined && own !== '') return own;
  return join(xdg !== undefined && xdg !== '' ? xdg : join(homedir(), '.cache'), 'reset-hub');
}

/**
 * The folder with the broker's jars: from the cache when each is there unchanged, otherwise fetched by Maven. A
 * download that is killed is never taken for whole, and a damaged cache is fetched again.
 *
 * @throws HubError `KAFKA_UNAVAILABLE` when Maven cannot fetch them
 */
export async function ensureBrokerJars(options: {
  readonly pom: string;
  readonly cache: string;
  /** Fetches the jars that `pom` names into `dir`; Maven when absent. */
  readonly fetch?: (pom: string, dir: string) => Promise<void>;
  readonly env?: NodeJS.ProcessEnv;
  readonly onProgress?: ((what: string) => void) | undefined;
}): Promise<string> {
  const pom = await readFile(options.pom, 'utf8');
  const version = /<kafka\.version>([^<]+)</.exec(pom)?.[1] ?? 'unknown';
  const wanted = join(options.cache, `kafka-${version}`);
  if (await isWhole(wanted, pom)) return wanted;
  options.onProgress?.(`fetching Kafka ${version} into ${wanted}`);
  const part = join(options.cache, `.kafka-${version}-${randomUUID()}`);
  await mkdir(part, { recursive: true });
  try {
    await (options.fetch ?? byMaven(options.env ?? process.env))(options.pom, part);
    await writeFile(join(part, MARKER), JSON.stringify(await markerOf(part, pom)));
    return await moveInPlace(part, wanted, pom);
  } finally {
    await rm(part, { recursive: true, force: true });
  }
}

async function moveInPlace(part: string, wanted: string, pom: string): Promise<string> {
  // Another process may have put its own copy there meanwhile: a whole one is as good as ours.
  if (await isWhole(wanted, pom)) return wanted;
  const old = `${part}-old`;
  await rename(wanted, old).catch(() => undefined);
  try {
    await rename(part, wanted);
  } catch (cause) {
    if (!(await isWhole(wanted, pom))) {
      throw new HubError('KAFKA_UNAVAILABLE', `the broker's jars cannot be put into ${wanted}`, { cause });
    }
  } finally {
    await rm(old, { recursive: true, force: true });
  }
  return wanted;
}

function byMaven(env: NodeJS.ProcessEnv): (pom: string, dir: string) => Promise<void> {
  return async (pom, dir) => {
    const copy = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${dir}`];
    const done = await run('mvn', ['-B', '-q', '-f', pom, ...copy], { env, timeout: DOWNLOAD_LIMIT_MS });
    if (done.code === 0) return;
    throw new HubError(
      'KAFKA_UNAVAILABLE',
      done.code === null ? 'Maven (mvn) does not run' : "Maven could not fetch the broker's jars",
      { details: { pom, output: done.output.slice(-2_000) } },
    );
  };
}

async function markerOf(dir: string, pom: string): Promise<Marker> {
  const names = (await readdir(dir)).filter((name) => name.endsWith('.jar')).sort();
  const jars: Record<string, string> = {};
  for (const name of names) jars[name] = sha256(await readFile(join(dir, name)));
  return { pom: sha256(pom), jars };
}

async function isWhole(dir: string, pom: string): Promise<boolean> {
  try {
    const marker = await readFile(join(dir, MARKER), 'utf8');
    return marker === JSON.stringify(await markerOf(dir, pom));
  } catch {
    return false;
  }
}

function sha256(bytes: string | Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
