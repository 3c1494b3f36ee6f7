/** A partner's system, for specs: a real https server that remembers what it was sent. */
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll } from 'vitest';

export interface Received {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The message's `webhook-id`. */
  readonly id: string;
}

/** How the server answers: a status, with headers if need be; `never` leaves the caller waiting. */
export type Answer = number | { readonly status: number; readonly headers: Record<string, string> } | 'never';

export class Receiver {
  /** Complete requests in the order in which they came. */
  readonly received: Received[] = [];
  /** TCP connections that were opened, whether or not anything was sent over them. */
  connections = 0;
  /** What is answered; asked anew for each request. */
  answer: (received: Received) => Answer | Promise<Answer> = () => 204;
  readonly #server;

  private constructor(tls: { readonly cert: string | Buffer; readonly key: string | Buffer }) {
    this.#server = createServer(tls, (request, response) => {
      void this.#take(request, response);
    });
    this.#server.on('connection', () => {
      this.connections += 1;
    });
  }

  /** Call it at the file's top level: the server ends with the file. */
  static async listen(
    tls: { readonly cert: string | Buffer; readonly key: string | Buffer },
    host = '127.0.0.1',
  ): Promise<Receiver> {
    const receiver = new Receiver(tls);
    receiver.#server.listen(0, host);
    await once(receiver.#server, 'listening');
    afterAll(() => {
      receiver.#server.closeAllConnections();
      receiver.#server.close();
    });
    return receiver;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  url(path = '/hook', host = 'localhost'): string {
    return `https://${host}:${this.port}${path}`;
  }

  /** What came to a path. */
  at(path: string): readonly Received[] {
    return this.received.filter((each) => each.path === path);
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
    );
    const received: Received = {
      path: request.url ?? '',
      headers,
      body: await text(request),
      id: headers['webhook-id'] ?? '',
    };
    this.received.push(received);
    const answer = await this.answer(received);
    if (answer === 'never') return;
    const { status, headers: more } = typeof answer === 'number' ? { status: answer, headers: {} } : answer;
    response.writeHead(status, more).end('thank you');
  }
}
