import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { KafkaConnection, NetworkPki } from '#embedded';

const MAIN = join(import.meta.dirname, '../../../dist/apps/router/src/main.js');

/** A router as the network runs it: the built program, in a process of its own. */
export class RouterProcess {
  readonly ended: Promise<unknown[]>;
  readonly #child: ChildProcess;
  #url = '';

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.ended = once(child, 'exit');
  }

  /** Starts it and waits until it says that it is ready. */
  static async start(
    place: { readonly databaseUrl: string; readonly pki: NetworkPki; readonly connection: KafkaConnection },
    other: Readonly<Record<string, string>> = {},
  ): Promise<RouterProcess> {
    const { pki, connection, databaseUrl } = place;
    const signing = pki.holders['router-1']?.signing;
    const env = {
      PATH: process.env['PATH'],
      NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
      NODE_NAME: 'router-1',
      DATABASE_URL: databaseUrl,
      SIGNING_CERT: signing?.certFile,
      SIGNING_KEY: signing?.keyFile,
      KAFKA_BROKERS: connection.brokers.join(),
      TRANSPORT_CERT: connection.certFile,
      TRANSPORT_KEY: connection.keyFile,
      TRANSPORT_CA: connection.caFile,
      REGISTRY_ROOT_CERT: pki.ca.certFile,
      REGISTRY_ROOT_FINGERPRINT: pki.ca.fingerprint,
      LOG_LEVEL: 'warn',
      ...other,
    };
    const router = new RouterProcess(
      fork(MAIN, [], { env, stdio: ['ignore', 'ignore', 'inherit', 'ipc'], execArgv: [] }),
    );
    const message = await Promise.race([
      once(router.#child, 'message').then(([first]: unknown[]) => first),
      router.ended.then(() => 'it ended'),
    ]);
    if (typeof message !== 'object' || message === null || !('ready' in message) || message.ready !== true)
      throw new Error(`the router did not start: ${JSON.stringify(message)}`);
    if ('url' in message) router.#url = String(message.url);
    return router;
  }

  /** How one of its checks stands in `/health`. */
  async health(check: string): Promise<string | undefined> {
    const answer = await fetch(new URL('/health', this.#url));
    const { checks } = (await answer.json()) as {
      readonly checks: Record<string, { readonly status: string }>;
    };
    return checks[check]?.status;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill('SIGTERM');
    await this.ended;
  }
}
