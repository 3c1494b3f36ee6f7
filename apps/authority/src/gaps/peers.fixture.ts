/** Nodes that ask each other, for specs: clients with the certificates of the test network, and neighbours that lie. */
import { createServer, type Server } from 'node:https';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, inject } from 'vitest';
import { PeerClient, type Neighbour } from '#peers';
import { readMutualTls, type MutualTlsFiles } from '#platform';
import type { DecidedEvent } from '#testing';
import { holderFiles, type TestNode } from '../authority.fixture.ts';

/** The transport certificate of a holder of the test network. */
export function transportOf(name: string): MutualTlsFiles {
  const { transport } = holderFiles(name);
  return { cert: transport.certFile, key: transport.keyFile, ca: inject('kafka').pki.ca.certFile };
}

/** A client that shows a holder's certificate. Call it at the file's top level: it is closed with the file. */
export function clientAs(name: string): PeerClient {
  const client = new PeerClient({ tls: transportOf(name) });
  afterAll(() => client.close());
  return client;
}

/** A node, as one that can be asked. */
export function neighbour(node: TestNode): Neighbour {
  if (node.http.peerUrl === undefined) throw new Error(`${node.ipa} has no server for other nodes`);
  return { holder: node.ipa, url: node.http.peerUrl };
}

/** A server with a certificate of the network that answers as it is told, and counts. */
export class Liar {
  /** Paths asked for, in their order. */
  readonly asked: string[] = [];
  /** What is answered: a status and a body, JSON unless it is text. */
  answer: (path: string) => { readonly status?: number; readonly body: unknown };
  readonly #server: Server;

  private constructor(name: string) {
    this.answer = () => ({ status: 404, body: { code: 'PRACTICE_NOT_FOUND' } });
    this.#server = createServer(
      { ...readMutualTls(transportOf(name)), requestCert: true },
      (request, response) => {
        const path = request.url ?? '';
        this.asked.push(path);
        const { status = 200, body } = this.answer(path);
        response.writeHead(status, { 'content-type': 'application/json' });
        response.end(typeof body === 'string' ? body : JSON.stringify(body));
      },
    );
  }

  static async start(name: string): Promise<Liar> {
    const liar = new Liar(name);
    liar.#server.listen(0, '127.0.0.1');
    await once(liar.#server, 'listening');
    afterAll(() => liar.#server.close());
    return liar;
  }

  get url(): string {
    return `https://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }
}

/** What an honest neighbour answers that has these events: those in the range asked for. */
export function pageOf(decided: readonly DecidedEvent[], path: string) {
  const query = new URL(path, 'https://node.invalid').searchParams;
  const [from, to] = [Number(query.get('from')), Number(query.get('to'))];
  const events = decided
    .filter(({ decision: { position } }) => from <= position && position <= to)
    .map(placedJson);
  return { events, head: decided.length, more: false };
}

/** A decided event as a page has it. */
export function placedJson({ signed, decision, item }: DecidedEvent) {
  return {
    position: decision.position,
    event: signed.bytes.toString('base64'),
    decision: item.toString('base64'),
  };
}
