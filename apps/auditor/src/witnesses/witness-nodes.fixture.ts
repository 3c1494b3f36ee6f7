/** Nodes of members that are witnesses, over mutual TLS: honest ones, and others. In the formats, and nothing of ours behind. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { inject } from 'vitest';
import { HubError } from '#errors';
import { readMutualTls, type MutualTlsFiles } from '#platform';
import {
  cosigner,
  decideSubmission,
  readSubmission,
  type Cosigner,
  type KnownLog,
  type WitnessState,
} from '#tlog';
import { anAction, type SampleNetwork } from '../signed-samples.fixture.ts';

/** A holder of the test network, by its transport certificate. */
export function transportOf(name: string): MutualTlsFiles {
  const { pki } = inject('kafka');
  const holder = pki.holders[name];
  if (holder === undefined) throw new Error(`the test network has no holder ${name}`);
  const { transport } = holder;
  return { cert: transport.certFile, key: transport.keyFile, ca: pki.ca.certFile };
}

interface Reply {
  readonly status: number;
  /** A stream is sent as fast as whoever asked takes it. */
  readonly body: Buffer | string | Readable;
}

export class WitnessNode {
  /** Paths asked for, in their order. */
  readonly asked: string[] = [];
  url = '';
  /** What it has cosigned last. */
  state: WitnessState | null = null;
  key: Cosigner;
  /** Answers in place of the honest witness; undefined: it is honest there. */
  lie: (path: string) => Reply | Promise<Reply> | undefined = () => undefined;
  #statement = '';
  readonly #server: Server;

  private constructor(
    readonly ipa: string,
    private readonly log: KnownLog,
    seed: number,
  ) {
    this.key = cosigner(`witness.example/${ipa}`, Buffer.alloc(32, seed));
    this.#server = createServer(
      { ...readMutualTls(transportOf(ipa)), requestCert: true },
      (request, response) => void this.#answer(request, response),
    );
  }

  static async start(network: SampleNetwork, log: KnownLog, ipa: string, seed: number): Promise<WitnessNode> {
    const node = new WitnessNode(ipa, log, seed);
    await node.stateKey(network);
    node.#server.listen(0, '127.0.0.1');
    await once(node.#server, 'listening');
    node.url = `https://127.0.0.1:${(node.#server.address() as AddressInfo).port}`;
    return node;
  }

  /** Signs whose key it has; `by` another one, if it lies. */
  async stateKey(network: SampleNetwork, by = this.ipa): Promise<void> {
    const details = [{ name: 'vkey', value: this.key.verifier.vkey }];
    const action = anAction(by, { kind: 'witness.key-published', outcome: 'published', details });
    this.#statement = (await network.action(action, by)).toString('base64');
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  /** What an honest witness answers to a submission. */
  submit(body: Buffer): Reply {
    try {
      const submission = readSubmission(body, (origin) =>
        origin === this.log.origin ? this.log : undefined,
      );
      const decision = decideSubmission(submission, this.state, this.key, Math.floor(Date.now() / 1000));
      if (decision.outcome === 'refused') throw decision.error;
      if (decision.outcome === 'cosigned') this.state = decision.state;
      return decision.answer;
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
      return { status: error.policy.http, body: JSON.stringify({ code: error.code }) };
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? '';
    this.asked.push(path);
    const body = await buffer(request);
    const { status, body: answer } = (await this.lie(path)) ?? this.#honest(path, body);
    response.writeHead(status);
    if (answer instanceof Readable) await pipeline(answer, response).catch(() => undefined);
    else response.end(answer);
  }

  #honest(path: string, body: Buffer): Reply {
    if (path.endsWith('/add-checkpoint')) return this.submit(body);
    if (path.endsWith('/key')) {
      return {
        status: 200,
        body: JSON.stringify({ vkey: this.key.verifier.vkey, statement: this.#statement }),
      };
    }
    return this.state === null ? { status: 404, body: '' } : { status: 200, body: this.state.note };
  }
}
