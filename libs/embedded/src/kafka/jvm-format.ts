/** A broker's data folder before its first start. */
import { randomBytes, randomUUID } from 'node:crypto';
import { cp, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HubError } from '#errors';
import { run } from '../process/run.ts';
import { configOf, dataDirOf, flagsOf, type JvmSettings } from './jvm-process.ts';

/** Names node and cluster of a data folder. */
const META = 'meta.properties';
/** The topic in which a cluster keeps its own metadata, as a folder of each voter. */
export const METADATA_LOG = '__cluster_metadata-0';
/** A folder as Kafka's tool made it, beside the jars of that version. */
const KEPT = 'formatted';

/** The id of the cluster for which the data folder is formatted; undefined for a new one. */
export async function clusterIdOf(dir: string): Promise<string | undefined> {
  return /^cluster\.id=(.+)$/m.exec(await metaOf(dataDirOf(dir)))?.[1];
}

/**
 * Formats the data folder of a configured broker. What Kafka's tool writes is the same for every broker of a version but for the names
 * of node, folder and cluster: it runs once for the jars, and a copy of what it made takes no Java.
 * @throws HubError `KAFKA_START_FAILED`
 */
export async function format(settings: JvmSettings, nodeId: number, clusterId: string): Promise<void> {
  const [kept, dataDir] = [join(settings.jars, KEPT), dataDirOf(settings.dir)];
  if (await formatLike(kept, dataDir, nodeId, clusterId)) return;
  await formatByTool(settings, clusterId);
  await keep(dataDir, kept);
}

/** False where there is no folder to copy, or none that this user may read. */
async function formatLike(
  kept: string,
  dataDir: string,
  nodeId: number,
  clusterId: string,
): Promise<boolean> {
  const meta = await metaOf(kept);
  if (meta === '') return false;
  try {
    await copyLog(kept, dataDir);
  } catch {
    await rm(join(dataDir, METADATA_LOG), { recursive: true, force: true });
    return false;
  }
  // Last: a folder that has it is a formatted one.
  await writeFile(
    join(dataDir, META),
    meta
      .replace(/^node\.id=.*$/m, `node.id=${String(nodeId)}`)
      .replace(/^directory\.id=.*$/m, `directory.id=${randomBytes(16).toString('base64url')}`)
      .replace(/^cluster\.id=.*$/m, `cluster.id=${clusterId}`),
  );
  return true;
}

async function formatByTool(settings: JvmSettings, clusterId: string): Promise<void> {
  const { dir } = settings;
  const done = await run(
    settings.java,
    [
      ...flagsOf({ ...settings, shortLived: true }),
      'kafka.tools.StorageTool',
      'format',
      '--ignore-formatted',
      // One argument: a random id may begin with a dash.
      `--cluster-id=${clusterId}`,
      '--config',
      configOf(dir),
    ],
    { cwd: dir },
  );
  if (done.code === 0) return;
  throw new HubError('KAFKA_START_FAILED', `the broker's folder ${dataDirOf(dir)} cannot be formatted`, {
    details: { output: done.output.slice(-2_000) },
  });
}

/** Puts a copy there, whole or not at all. Where nothing can be written, or somebody else has put theirs, there is none of ours. */
async function keep(dataDir: string, kept: string): Promise<void> {
  const part = `${kept}-${randomUUID()}`;
  try {
    await copyLog(dataDir, part);
    await writeFile(join(part, META), await metaOf(dataDir));
    await rename(part, kept);
  } catch {
    await rm(part, { recursive: true, force: true }).catch(() => undefined);
  }
}

async function copyLog(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  // One that was left half-way has files that cannot be written to.
  await rm(join(to, METADATA_LOG), { recursive: true, force: true });
  await cp(join(from, METADATA_LOG), join(to, METADATA_LOG), { recursive: true });
}

async function metaOf(dataDir: string): Promise<string> {
  return await readFile(join(dataDir, META), 'utf8').catch(() => '');
}
