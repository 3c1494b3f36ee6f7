import { z } from 'zod';
import { HubError, isErrorCode, systemCode } from '#errors';

/** An answer that takes longer is given up, milliseconds: uploads are of 50 MB. */
const TIMEOUT_MS = 120_000;
/** The same for what is made while it is sent. */
const STREAM_TIMEOUT_MS = 1_800_000;

const problem = z.object({
  code: z.string(),
  detail: z.string(),
  details: z.record(z.string(), z.unknown()).optional(),
});

export type Query = Readonly<Record<string, string | number | undefined>>;

/** A node's REST interface. A problem that the node answers comes out as the `HubError` it was there. */
export class RestClient {
  readonly #node: string;
  readonly #base: string;
  readonly #token: string;

  constructor(node: string, base: string, token: string) {
    this.#node = node;
    this.#base = base;
    this.#token = token;
  }

  /** @throws HubError `NODE_UNREACHABLE`, `NODE_ANSWER_UNEXPECTED`, or the node's own */
  async get<Shape extends z.ZodType>(
    path: string,
    shape: Shape,
    query: Query = {},
  ): Promise<z.output<Shape>> {
    return await this.#json(path, shape, { query });
  }

  /** The body as it came. @throws as `get` */
  async bytes(path: string, query: Query = {}): Promise<Buffer> {
    return Buffer.from(await (await this.#send(path, { query })).arrayBuffer());
  }

  /** The body while it comes, for what is too large to be held. @throws as `get`; an answer that is cut off errors the stream */
  async stream(path: string, query: Query = {}): Promise<ReadableStream<Uint8Array>> {
    const { body } = await this.#send(path, { query, timeoutMs: STREAM_TIMEOUT_MS });
    if (body !== null) return body;
    throw new HubError('NODE_ANSWER_UNEXPECTED', `${this.#node}, ${path}: an empty answer`);
  }

  /** @param body a form goes as multipart, anything else as JSON. @throws as `get` */
  async post<Shape extends z.ZodType>(
    path: string,
    shape: Shape,
    body?: FormData | object,
    options: { readonly query?: Query; readonly idempotencyKey?: string | undefined } = {},
  ): Promise<z.output<Shape>> {
    return await this.#json(path, shape, { method: 'POST', body, ...options });
  }

  /** @param body goes as JSON. @throws as `get` */
  async patch<Shape extends z.ZodType>(path: string, shape: Shape, body: object): Promise<z.output<Shape>> {
    return await this.#json(path, shape, { method: 'PATCH', body });
  }

  /** @throws as `get` */
  async delete<Shape extends z.ZodType>(path: string, shape: Shape): Promise<z.output<Shape>> {
    return await this.#json(path, shape, { method: 'DELETE' });
  }

  /** What `/health` says; a node that is down says so with 503. @throws HubError `NODE_UNREACHABLE` */
  async health<Shape extends z.ZodType>(shape: Shape): Promise<z.output<Shape>> {
    return this.#parse(await this.#fetch('/health', {}), shape, '/health');
  }

  async #json<Shape extends z.ZodType>(
    path: string,
    shape: Shape,
    request: Request,
  ): Promise<z.output<Shape>> {
    return this.#parse(await this.#send(path, request), shape, path);
  }

  async #send(path: string, request: Request): Promise<Response> {
    const response = await this.#fetch(path, request);
    if (response.ok) return response;
    throw await this.#refusal(response, path);
  }

  async #fetch(
    path: string,
    { method = 'GET', query = {}, body, idempotencyKey, timeoutMs = TIMEOUT_MS }: Request,
  ): Promise<Response> {
    const url = new URL(path, this.#base);
    for (const [name, value] of Object.entries(query))
      if (value !== undefined) url.searchParams.set(name, String(value));
    const headers = new Headers({ authorization: `Bearer ${this.#token}` });
    if (idempotencyKey !== undefined) headers.set('idempotency-key', idempotencyKey);
    const isJson = body !== undefined && !(body instanceof FormData);
    if (isJson) headers.set('content-type', 'application/json');
    const payload = isJson ? JSON.stringify(body) : (body ?? null);
    const ask = (): Promise<Response> =>
      fetch(url, { method, headers, body: payload, signal: AbortSignal.timeout(timeoutMs) });
    try {
      // A question without an effect is asked again on a new connection if the kept one turns out to be closed.
      return await ask().catch((error: unknown) =>
        method === 'GET' && isConnectionGone(error) ? ask() : Promise.reject(error as Error),
      );
    } catch (cause) {
      throw new HubError('NODE_UNREACHABLE', `${this.#node} does not answer at ${this.#base}`, { cause });
    }
  }

  async #parse<Shape extends z.ZodType>(
    response: Response,
    shape: Shape,
    path: string,
  ): Promise<z.output<Shape>> {
    try {
      return shape.parse(await response.json());
    } catch (cause) {
      throw new HubError('NODE_ANSWER_UNEXPECTED', `${this.#node}, ${path}: not the document expected`, {
        cause,
      });
    }
  }

  async #refusal(response: Response, path: string): Promise<HubError> {
    const body: unknown = await response.json().catch(() => undefined);
    const { data } = problem.safeParse(body);
    if (data !== undefined && isErrorCode(data.code))
      return new HubError(
        data.code,
        data.detail,
        data.details === undefined ? {} : { details: data.details },
      );
    const said = data === undefined ? `status ${response.status}` : `${data.code}: ${data.detail}`;
    const { status } = response;
    return new HubError('NODE_ANSWER_UNEXPECTED', `${this.#node}, ${path}: ${said}`, { details: { status } });
  }
}

/** Codes of a connection that ended under a request: a node closes what has been idle for some seconds. */
const GONE = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);

function isConnectionGone(error: unknown): boolean {
  return error instanceof Error && GONE.has(systemCode(error.cause) ?? '');
}

interface Request {
  readonly method?: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly query?: Query;
  readonly body?: FormData | object | undefined;
  readonly idempotencyKey?: string | undefined;
  readonly timeoutMs?: number;
}
