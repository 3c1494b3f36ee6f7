import { existsSync } from 'node:fs';
import { request, type RequestOptions } from 'node:http';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** How long an engine may take to say that it is there, in milliseconds. */
const ANSWER_WITHIN_MS = 2_000;

export type DockerEngine =
  { readonly reachable: true } | { readonly reachable: false; readonly reason: string };

/** Asks the Docker engine of `DOCKER_HOST`, or of the usual sockets, whether it is there. */
export async function dockerEngine(env: NodeJS.ProcessEnv): Promise<DockerEngine> {
  const { DOCKER_HOST: host, XDG_RUNTIME_DIR: runtime } = env;
  if (host !== undefined && host !== '') {
    return (await ping(targetOf(host)))
      ? { reachable: true }
      : { reachable: false, reason: `DOCKER_HOST ${host} does not answer` };
  }
  const sockets = [
    '/var/run/docker.sock',
    ...(runtime === undefined ? [] : [join(runtime, 'docker.sock')]),
    join(homedir(), '.docker', 'run', 'docker.sock'),
  ];
  for (const socketPath of sockets) {
    if (existsSync(socketPath) && (await ping({ socketPath }))) return { reachable: true };
  }
  return { reachable: false, reason: 'no Docker engine answers' };
}

function targetOf(host: string): RequestOptions | undefined {
  const url = URL.canParse(host) ? new URL(host) : undefined;
  if (url?.protocol === 'unix:') return { socketPath: url.pathname };
  if (url?.protocol === 'tcp:' || url?.protocol === 'http:')
    return { host: url.hostname, port: url.port || '2375' };
  return undefined;
}

function ping(target: RequestOptions | undefined): Promise<boolean> {
  if (target === undefined) return Promise.resolve(false);
  return new Promise((resolve) => {
    const asked = request({ ...target, path: '/_ping', timeout: ANSWER_WITHIN_MS }, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    });
    asked.once('timeout', () => asked.destroy());
    asked.once('error', () => {
      resolve(false);
    });
    asked.end();
  });
}
