import { Agent, request, type Dispatcher } from 'undici';

import { HubError } from '#errors';
import { readMutualTls, type MutualTlsFiles } from '#platform';

import { MAX_ANSWER_BYTES } from './event-pages.ts';
import { refusalCode } from './refusal-code.ts';

/** A node that can be asked. */
export interface Neighbour {
  /** The holder in its certificates: an IPA code or a service's name; for the log and for people. */
  readonly holder: string;
  /** Base URL of its server for other nodes, https. */
  readonly url: string;
}

export interface PeerClientOptions {
  /** PEM files of this node's transport certificate. */
  readonly tls: MutualTlsFiles;
  /** Connections to one neighbour at a time, one request on each; 2 unless given. */
  readonly connectionsPerNeighbour?: number;
  /** Milliseconds for TCP and TLS; 3,000 unless given. */
  readonly connectTimeoutMs?: number;
  /** Milliseconds for one answer, from the request to its last byte; 10,000 unless given. */
  readonly answerTimeoutMs?: number;
}

interface Question {
  readonly method: 'GET' | 'PUT' | 'POST';
  readonly accept: string;
  readonly contentType?: string;
  readonly body?: string | Buffer;
}

/** What a neighbour answered, whatever its status. */
export interface PeerReply {
  readonly status: number;
  readonly body: Buffer;
}

const JSON_TYPE = 'application/json';

/** Asks other nodes over mutual TLS. Nothing that comes back is believed for where it came from. */
export class PeerClient {
  readonly #agent: Agent;
  readonly #answerTimeoutMs: number;

  /** @throws HubError `TLS_FILE_UNREADABLE` */
  constructor({
    tls,
    connectionsPerNeighbour = 2,
    connectTimeoutMs = 3_000,
    answerTimeoutMs = 10_000,
  }: PeerClientOptions) {
    this.#answerTimeoutMs = answerTimeoutMs;
    this.#agent = new Agent({
      connections: connectionsPerNeighbour,
      pipelining: 1,
      allowH2: false,
      keepAliveTimeout: 10_000,
      connect: { ...readMutualTls(tls), timeout: connectTimeoutMs },
    });
  }

  /**
   * The JSON that a neighbour answers to `GET <its url>/<path>`; unread beyond `MAX_ANSWER_BYTES`.
   * @throws HubError `PEER_AWAY` (no answer, or its own fault), `PEER_REFUSED` with `details.status` and `details.code`,
   *   `PEER_ANSWER_INVALID` (no JSON, too long, cut off, or not over https)
   * @throws the signal's reason when it aborts
   */
  get(neighbour: Neighbour, path: string, signal?: AbortSignal): Promise<unknown> {
    return this.#askJson(neighbour, path, { method: 'GET', accept: JSON_TYPE }, signal);
  }

  /**
   * The JSON that a neighbour answers to `PUT <its url>/<path>` with a JSON body: for what it may be told twice.
   * @throws as `get`
   */
  put(neighbour: Neighbour, path: string, body: object, signal?: AbortSignal): Promise<unknown> {
    const sent = { contentType: JSON_TYPE, body: JSON.stringify(body) };
    return this.#askJson(neighbour, path, { method: 'PUT', accept: JSON_TYPE, ...sent }, signal);
  }

  /**
   * What a neighbour answers to `GET <its url>/<path>`, or to `POST` with a text, where a status says something.
   * @throws HubError `PEER_AWAY` (no answer, or its own fault), `PEER_ANSWER_INVALID` (too long, or not over https)
   * @throws the signal's reason when it aborts
   */
  async exchange(
    neighbour: Neighbour,
    path: string,
    text: Buffer | null,
    signal?: AbortSignal,
  ): Promise<PeerReply> {
    const accept = `text/plain, ${JSON_TYPE}, */*`;
    const question: Question =
      text === null
        ? { method: 'GET', accept }
        : { method: 'POST', accept, contentType: 'text/plain; charset=utf-8', body: text };
    const reply = await this.#ask(neighbour, path, question, signal);
    if (isLater(reply.status)) throw refusal(neighbour, reply);
    return reply;
  }

  async #askJson(
    neighbour: Neighbour,
    path: string,
    question: Question,
    signal: AbortSignal | undefined,
  ): Promise<unknown> {
    const reply = await this.#ask(neighbour, path, question, signal);
    if (reply.status !== 200) throw refusal(neighbour, reply);
    return parse(neighbour, reply.body);
  }

  async #ask(
    neighbour: Neighbour,
    path: string,
    { method, accept, contentType, body: sent }: Question,
    signal: AbortSignal | undefined,
  ): Promise<PeerReply> {
    const url = urlOf(neighbour, path);
    const timeout = AbortSignal.timeout(this.#answerTimeoutMs);
    const either = signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
    try {
      const answer = await request(url, {
        dispatcher: this.#agent,
        signal: either,
        method,
        headers: {
          accept,
          'accept-encoding': 'identity',
          ...(contentType === undefined ? {} : { 'content-type': contentType }),
        },
        ...(sent === undefined ? {} : { body: sent }),
      });
      return { status: answer.statusCode, body: await readBounded(neighbour, answer) };
    } catch (cause) {
      signal?.throwIfAborted();
      if (cause instanceof HubError) throw cause;
      throw new HubError('PEER_AWAY', `${neighbour.holder} does not answer`, {
        cause,
        details: { holder: neighbour.holder },
      });
    }
  }

  /** Ends the connections when the requests on them are done. */
  async close(): Promise<void> {
    await this.#agent.close();
  }
}

function urlOf({ holder, url }: Neighbour, path: string): URL {
  const full = new URL(path, url.endsWith('/') ? url : `${url}/`);
  if (full.protocol === 'https:') return full;
  throw new HubError('PEER_ANSWER_INVALID', `the address of ${holder} is not https`);
}

async function readBounded({ holder }: Neighbour, { body }: Dispatcher.ResponseData): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length;
    // Leaving the loop destroys the body, and the connection with it.
    if (size > MAX_ANSWER_BYTES)
      throw new HubError(
        'PEER_ANSWER_INVALID',
        `${holder} answered with more than ${MAX_ANSWER_BYTES} bytes`,
      );
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function isLater(status: number): boolean {
  return status === 408 || status === 429 || status >= 500;
}

function refusal({ holder }: Neighbour, { status, body }: PeerReply): HubError {
  const code = refusalCode(body);
  const said = code === null ? `${status}` : `${status} ${code}`;
  return new HubError(isLater(status) ? 'PEER_AWAY' : 'PEER_REFUSED', `${holder} answered ${said}`, {
    details: { holder, status, code },
  });
}

function parse({ holder }: Neighbour, body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch (cause) {
    throw new HubError('PEER_ANSWER_INVALID', `the answer of ${holder} is no JSON`, { cause });
  }
}
