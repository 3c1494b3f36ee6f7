/** The command line, in this process or as one of its own, and small real servers that stand where nodes would, for the specs. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer, text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach } from 'vitest';
import busboy from 'busboy';
import { identify } from './network/process-identity.ts';
import { writeNetwork, type Network } from './network/network-file.ts';
import { runCli } from './run-cli.ts';

/** As `npm run build` has compiled it: from its sources every start of the program would compile them anew. */
const MAIN = fileURLToPath(new URL('../../../dist/apps/cli/src/main.js', import.meta.url));

export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

type Variables = Readonly<Record<string, string>>;

const environment = (variables: Variables): Record<string, string> => ({
  PATH: process.env['PATH'] ?? '',
  LANG: 'C.UTF-8',
  ...variables,
});

/** One at a time: each finds its own environment. */
let turn: Promise<unknown> = Promise.resolve();

/**
 * Runs `reset-hub <args>` to its end in this process, from its sources: what `main.ts` does once it has started, which
 * takes longer than most commands. What a command writes past its terminal, such as a progress bar, is not in `err`.
 */
export function cli(args: readonly string[], variables: Variables = {}): Promise<Ran> {
  const ran = turn.then(() => here(args, environment(variables)));
  turn = ran.catch(() => undefined);
  return ran;
}

async function here(args: readonly string[], env: Record<string, string>): Promise<Ran> {
  const written = { out: '', err: '' };
  const terminal = {
    out: (said: string) => void (written.out += said),
    error: (said: string) => void (written.err += said),
  };
  const own = process.env;
  process.env = env;
  try {
    return { code: await runCli(args, terminal, env), ...written };
  } finally {
    process.env = own;
  }
}

/** Starts the program itself, as a process of its own. */
export function startCli(args: readonly string[], variables: Variables = {}) {
  return spawn(process.execPath, [MAIN, ...args], {
    env: environment(variables),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** The same, to its end. */
export async function cliProcess(args: readonly string[], variables: Variables = {}): Promise<Ran> {
  const child = startCli(args, variables);
  const exited = once(child, 'exit') as Promise<[number | null]>;
  const [[code], out, err] = await Promise.all([exited, text(child.stdout), text(child.stderr)]);
  return { code, out, err };
}

/** A request that a node was sent. */
export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly authorization: string | undefined;
  readonly idempotencyKey: string | undefined;
  readonly body: Buffer;
  readonly type: string;
}

export interface Reply {
  readonly status?: number;
  readonly json?: unknown;
  readonly bytes?: Buffer;
}

/** A part of a multipart upload. */
export interface Part {
  readonly name: string;
  readonly content: string;
  readonly file?: { readonly name: string; readonly type: string };
}

/** The parts of an upload, in their order. */
export async function partsOf({ type, body }: Seen): Promise<readonly Part[]> {
  const parts: Part[] = [];
  const files: Promise<void>[] = [];
  const parser = busboy({ headers: { 'content-type': type } });
  parser.on('field', (name, content) => parts.push({ name, content }));
  parser.on('file', (name, stream, { filename = '', mimeType }) => {
    const push = (content: string) =>
      void parts.push({ name, content, file: { name: filename, type: mimeType } });
    files.push(text(stream).then(push));
  });
  parser.end(body);
  await once(parser, 'close');
  await Promise.all(files);
  return parts;
}

/** A server in a node's place: answers by method and path, remembers what it was asked. */
export class StandIn {
  readonly seen: Seen[] = [];
  readonly #server;
  #url = '';

  constructor(answer: (request: Seen) => Reply | undefined) {
    this.#server = createServer((request, response) => {
      void read(request).then((seen) => {
        this.seen.push(seen);
        const {
          status = 200,
          json,
          bytes,
        } = answer(seen) ?? {
          status: 404,
          json: { code: 'ROUTE_NOT_FOUND', detail: seen.path },
        };
        response.statusCode = status;
        response.end(bytes ?? JSON.stringify(json));
      });
    });
  }

  get url(): string {
    return this.#url;
  }

  async listen(): Promise<this> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    return this;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

async function read(request: IncomingMessage): Promise<Seen> {
  const url = new URL(request.url ?? '/', 'http://stand-in');
  return {
    method: request.method ?? '',
    path: decodeURIComponent(url.pathname),
    query: Object.fromEntries(url.searchParams),
    authorization: request.headers.authorization,
    idempotencyKey: request.headers['idempotency-key']?.toString(),
    type: request.headers['content-type'] ?? '',
    body: await buffer(request),
  };
}

/** An address at which nobody answers. */
const NOBODY = 'http://127.0.0.1:9';

/** Makes stand-ins for nodes, and closes them after each test. Call it at the file's top level. */
export function standIns(): (answer: (request: Seen) => Reply | undefined) => Promise<StandIn> {
  const open: StandIn[] = [];
  afterEach(() => {
    for (const server of open.splice(0)) server.close();
  });
  return async (answer) => {
    const server = await new StandIn(answer).listen();
    open.push(server);
    return server;
  };
}

/** A network's folder, run by this very process, with these nodes (by IPA code or service) at these addresses. */
export async function homeWith(
  urls: Readonly<Record<string, string>>,
  other: Partial<Network> = {},
): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'cli-'));
  await mkdir(join(home, 'pki'));
  const node = (name: string) => ({
    name,
    url: urls[name] ?? NOBODY,
    token: `rh_${name}`,
    pid: process.pid,
    log: join(home, `${name}.log`),
    database: 'postgres://localhost/none',
  });
  const isService = (name: string): boolean => ['registry', 'router', 'auditor'].includes(name);
  await writeNetwork({
    network: 'test',
    home,
    up: { ...(identify(process.pid) ?? { pid: process.pid, started: '' }), at: '2026-03-04T09:00:00.000Z' },
    members: Object.keys(urls)
      .filter((name) => !isService(name))
      .map((ipa) => ({ ipa, title: ipa, nodeUrl: NOBODY, ...node(ipa) })),
    registry: node('registry'),
    router: node('router'),
    auditor: node('auditor'),
    kafka: {
      kind: 'jvm',
      brokers: ['localhost:9'],
      pid: null,
      dir: home,
      admin: { cert: '', key: '', ca: '' },
    },
    postgres: { kind: 'external', url: 'postgres://localhost/none', pid: null },
    pki: { ca: join(home, 'pki', 'ca.crt.pem'), dir: join(home, 'pki'), fingerprint: '' },
    log: { origin: 'test', vkey: '' },
    ...other,
  });
  return home;
}
