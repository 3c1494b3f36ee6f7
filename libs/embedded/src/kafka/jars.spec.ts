import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { cacheDir, ensureBrokerJars } from './jars.ts';

const POM = '<project><kafka.version>9.9.9</kafka.version></project>';

let dir: string;
let pom: string;
let fetched: number;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'jars-'));
  pom = join(dir, 'pom.xml');
  await writeFile(pom, POM);
  fetched = 0;
});
afterEach(async () => {
  await rm(dir, { recursive: true, force: true });
});

async function fetchTwo(_pom: string, into: string): Promise<void> {
  fetched += 1;
  await writeFile(join(into, 'a.jar'), 'A');
  await writeFile(join(into, 'b.jar'), 'B');
}

const ensure = async (fetch = fetchTwo): Promise<string> =>
  await ensureBrokerJars({ pom, cache: join(dir, 'cache'), fetch });

it('fetches once, into a folder named after the version', async () => {
  const jars = await ensure();
  expect(await ensure()).toBe(jars);
  expect(jars).toBe(join(dir, 'cache', 'kafka-9.9.9'));
  expect(fetched).toBe(1);
});

it.each([
  [
    'is missing',
    async (jar: string) => {
      await rm(jar);
    },
  ],
  [
    'was cut short',
    async (jar: string) => {
      await writeFile(jar, '');
    },
  ],
  [
    'has other bytes of the same length',
    async (jar: string) => {
      await writeFile(jar, 'X');
    },
  ],
])('heals a cache in which a jar %s', async (_what, damage) => {
  const jars = await ensure();
  await damage(join(jars, 'b.jar'));
  await ensure();
  expect(await readFile(join(jars, 'b.jar'), 'utf8')).toBe('B');
  expect(fetched).toBe(2);
});

it('never takes a download that broke off for whole', async () => {
  const broken = ensure(async (_pom, into) => {
    await writeFile(join(into, 'a.jar'), 'A');
    throw new Error('killed');
  });
  await expect(broken).rejects.toThrow('killed');
  const jars = await ensure();
  expect((await readdir(jars)).sort()).toEqual(['a.jar', 'b.jar', 'complete.json']);
  expect(await readdir(join(dir, 'cache'))).toEqual(['kafka-9.9.9']);
});

it('does not take the folder of a killed process, which has no marker, for whole', async () => {
  const jars = await ensure();
  await rm(join(jars, 'complete.json'));
  await ensure();
  expect(fetched).toBe(2);
});

it('fetches anew when the pom names other jars', async () => {
  await ensure();
  await writeFile(pom, POM.replace('</project>', '<more/></project>'));
  await ensure();
  expect(fetched).toBe(2);
});

it('leaves one whole cache when two processes fetch at once', async () => {
  const [first, second] = await Promise.all([ensure(), ensure()]);
  expect(first).toBe(second);
  expect((await readdir(first)).sort()).toEqual(['a.jar', 'b.jar', 'complete.json']);
  expect(await readdir(join(dir, 'cache'))).toEqual(['kafka-9.9.9']);
});

it('says that Maven is missing when it is', async () => {
  const attempt = ensureBrokerJars({ pom, cache: join(dir, 'cache'), env: { PATH: dir } });
  await expect(attempt).rejects.toMatchObject({
    code: 'KAFKA_UNAVAILABLE',
    message: 'Maven (mvn) does not run',
  });
});

it('keeps downloads where the environment says, else in the XDG cache folder', () => {
  expect(cacheDir({ RESET_HUB_CACHE: '/c', XDG_CACHE_HOME: '/x' })).toBe('/c');
  expect(cacheDir({ XDG_CACHE_HOME: '/x' })).toBe('/x/reset-hub');
  expect(cacheDir({})).toMatch(/\/\.cache\/reset-hub$/);
});
