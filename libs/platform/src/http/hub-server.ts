import {
  createServer as createHttpServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';

import { HubError, type ErrorCode } from '#errors';

import type { HttpConfig } from '../config/fragments.ts';
import type { IdSource } from '../ids.ts';
import { readPem } from '../tls-files.ts';

import { toProblem } from './problem.ts';

/** A node presents a signed decision in a header when it fetches a document, so headers may be large. */
const MAX_HEADER_BYTES = 256 * 1024;

/** How long a request may take to arrive, milliseconds. */
export interface ArrivalLimits {
  /** Its headers. */
  readonly headersMs: number;
  /** All of it: two gigabytes over a line of one megabit a second are four and a half hours. */
  readonly wholeMs: number;
  /** Without a byte of its body. */
  readonly silenceMs: number;
  /** What still comes of a body after the answer. */
  readonly answeredMs: number;
}

/** Node's own limit for a whole request, five minutes, ends large uploads over slow lines; silence is what tells. */
const ARRIVAL: ArrivalLimits = {
  headersMs: 60_000,
  wholeMs: 6 * 3_600_000,
  silenceMs: 120_000,
  answeredMs: 30_000,
};

/**
 * A server that is not listening yet: plain HTTP, TLS when certificate and key are configured, mutual TLS when an
 * authority is too; then a client without a certificate of that authority does not get past the handshake. An upload
 * may take hours as long as bytes come.
 *
 * @throws HubError `TLS_FILE_UNREADABLE`
 */
export function createServer(
  http: HttpConfig,
  listener: RequestListener,
  ids: IdSource,
  arrival = ARRIVAL,
): Server {
  const server = newServer(http, listener);
  server.headersTimeout = arrival.headersMs;
  server.requestTimeout = arrival.wholeMs;
  server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
    boundBody(request, response, arrival);
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    answerBrokenRequest(error, socket, ids);
  });
  return server;
}

function newServer({ tls }: HttpConfig, listener: RequestListener): Server {
  if (tls === undefined) return createHttpServer({ maxHeaderSize: MAX_HEADER_BYTES }, listener);
  const mutual =
    tls.ca === undefined ? {} : { ca: readPem(tls.ca), requestCert: true, rejectUnauthorized: true };
  const options = {
    maxHeaderSize: MAX_HEADER_BYTES,
    cert: readPem(tls.cert),
    key: readPem(tls.key),
    ...mutual,
  };
  try {
    return createHttpsServer(
      { ...options, minVersion: tls.ca === undefined ? 'TLSv1.2' : 'TLSv1.3' },
      listener,
    );
  } catch (cause) {
    throw new HubError('TLS_FILE_UNREADABLE', `${tls.cert} and ${tls.key} do not work together`, { cause });
  }
}

/** Ends a request whose body falls silent, and one that goes on sending long after it was answered. */
function boundBody(
  request: IncomingMessage,
  response: ServerResponse,
  { silenceMs, answeredMs }: ArrivalLimits,
): void {
  const { socket, headers } = request;
  if (headers['content-length'] === undefined && headers['transfer-encoding'] === undefined) return;
  const onSilence = (): void => {
    socket.destroy();
  };
  socket.setTimeout(silenceMs, onSilence);
  request.once('end', () => {
    socket.setTimeout(0, onSilence);
  });
  response.once('finish', () => {
    if (request.complete) return;
    const late = setTimeout(onSilence, answeredMs).unref();
    request.once('end', () => {
      clearTimeout(late);
    });
  });
}

const CODE_OF_FAULT: Readonly<Record<string, ErrorCode>> = {
  HPE_HEADER_OVERFLOW: 'HEADERS_TOO_LARGE',
  HPE_INVALID_EOF_STATE: 'BODY_CUT_OFF',
  ERR_HTTP_REQUEST_TIMEOUT: 'REQUEST_TIMED_OUT',
};

/** A request so broken that no route ever sees it is answered here, as problem+json too. */
function answerBrokenRequest(fault: NodeJS.ErrnoException, socket: Socket, ids: IdSource): void {
  const isAnswering = (socket as { readonly _httpMessage?: { readonly headersSent: boolean } })._httpMessage;
  if (!socket.writable || fault.code === 'ECONNRESET' || isAnswering?.headersSent === true) {
    socket.destroy();
    return;
  }
  const code = CODE_OF_FAULT[fault.code ?? ''] ?? 'REQUEST_MALFORMED';
  const problem = toProblem(
    new HubError(code, 'the HTTP request broke off or is not correct'),
    'it',
    ids.uuidv7(),
  );
  const body = JSON.stringify(problem);
  socket.end(
    `HTTP/1.1 ${problem.status} ${code}\r\nContent-Type: application/problem+json\r\nContent-Language: it\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}

/**
 * Starts listening.
 *
 * @returns the address with the port really taken, e.g. `https://127.0.0.1:34567`
 * @throws HubError `PORT_UNAVAILABLE`
 */
export async function listen(server: Server, { host, port, tls }: HttpConfig): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  const onError = (cause: Error): void => {
    reject(
      new HubError('PORT_UNAVAILABLE', `cannot listen on ${host}:${port}`, {
        cause,
        details: { host, port },
      }),
    );
  };
  server.once('error', onError);
  server.listen(port, host, () => {
    resolve(undefined);
  });
  await promise;
  server.off('error', onError);
  const { address, family, port: taken } = server.address() as AddressInfo;
  const shown = family === 'IPv6' ? `[${address}]` : address;
  return `${tls === undefined ? 'http' : 'https'}://${shown}:${taken}`;
}

/** Takes no new connection, waits for the requests under way, and cuts those that last longer than `drainMs`. */
export async function drain(server: Server, drainMs: number): Promise<void> {
  if (!server.listening) return;
  const { promise, resolve } = Promise.withResolvers<undefined>();
  server.close(() => {
    resolve(undefined);
  });
  const deadline = setTimeout(() => {
    server.closeAllConnections();
  }, drainMs);
  await promise;
  clearTimeout(deadline);
}
