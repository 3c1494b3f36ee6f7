import { join } from 'node:path';
import { run } from '../process/run.ts';

/** The broker runs on this Java or a later one. */
export const OLDEST_JAVA = 17;

/** Why a way does not apply here. */
export interface NoWay {
  readonly reason: string;
  readonly cause?: unknown;
}

/** The command of a Java that can run a broker. */
export async function findJava(env: NodeJS.ProcessEnv): Promise<string | NoWay> {
  const { JAVA_HOME: home, PATH: path } = env;
  const java = home === undefined || home === '' ? 'java' : join(home, 'bin', 'java');
  const answer = await run(java, ['-version'], { env: { PATH: path } });
  const version = /version "(?:1\.)?([0-9]+)/.exec(answer.output)?.[1];
  if (answer.code !== 0 || version === undefined) return { reason: `${java} does not run` };
  if (Number(version) < OLDEST_JAVA) return { reason: `${java} is Java ${version}` };
  return java;
}
