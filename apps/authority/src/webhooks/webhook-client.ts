import { lookup as systemLookup } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import { rootCertificates } from 'node:tls';
import { HubError, type ErrorCode } from '#errors';
import { Agent, buildConnector, errors, request } from 'undici';
import { AddressGuard } from './address-guard.ts';

/** For TCP and TLS, milliseconds. */
const CONNECT_TIMEOUT_MS = 5_000;
/** From the first byte to the answer's status, milliseconds (Standard Webhooks recommends 15 to 30 seconds). */
const ANSWER_TIMEOUT_MS = 15_000;
/** An answer's body is read up to so many bytes, so that the connection can be used again, and thrown away. */
const DISCARDED_BYTES = 16_384;
const LONGEST_RETRY_AFTER_MS = 24 * 3_600_000;

export interface Address {
  readonly address: string;
  readonly family: number;
}

/** Every address of a name. */
export type Resolve = (hostname: string) => Promise<readonly Address[]>;

export interface ClientSettings {
  /** Networks that are not public and may be called all the same. */
  readonly allowedAddresses: readonly string[];
  /** Certificates trusted beside the public ones, PEM. */
  readonly ca: Buffer | null;
  /** The system's, unless given. */
  readonly resolve?: Resolve;
  /** 15 seconds, unless given. */
  readonly answerTimeoutMs?: number;
}

/** Why a message was not taken. */
export interface Refusal {
  readonly code: ErrorCode;
  /** The answer's status; null if there was no answer. */
  readonly status: number | null;
  /** How long the receiver asks to be left alone, milliseconds; null if it does not say. */
  readonly retryAfterMs: number | null;
}

export type PostResult =
  { readonly taken: true; readonly status: number } | ({ readonly taken: false } & Refusal);

/**
 * Sends to partners' systems: over https to addresses that the guard allows, with neither redirects nor proxies. The
 * address is checked where the connection is made, so no later answer of the name's servers can lead elsewhere.
 */
export class WebhookClient {
  readonly #guard: AddressGuard;
  readonly #agent: Agent;
  readonly #answerTimeoutMs: number;

  constructor({ allowedAddresses, ca, resolve = everyAddress, answerTimeoutMs }: ClientSettings) {
    this.#guard = new AddressGuard(allowedAddresses);
    this.#answerTimeoutMs = answerTimeoutMs ?? ANSWER_TIMEOUT_MS;
    const connect = buildConnector({
      timeout: CONNECT_TIMEOUT_MS,
      allowH2: false,
      lookup: guarded(resolve, this.#guard),
      ...(ca === null ? {} : { ca: [...rootCertificates, ca.toString()] }),
    });
    this.#agent = new Agent({
      pipelining: 1,
      keepAliveTimeout: 10_000,
      maxHeaderSize: 16_384,
      connect: (options, callback) => {
        // For an address no name is looked up.
        if (isIP(options.hostname) !== 0 && !this.#guard.allows(options.hostname))
          callback(refusedAddress(options.hostname), null);
        else connect(options, callback);
      },
    });
  }

  /**
   * The address of a webhook as it is stored, checked as far as it can be without connecting.
   * @throws HubError `WEBHOOK_URL_REFUSED`, `WEBHOOK_ADDRESS_REFUSED`
   */
  checkedUrl(text: string): string {
    const url = URL.parse(text);
    if (url?.protocol !== 'https:') throw new HubError('WEBHOOK_URL_REFUSED', 'the address is no https URL');
    if (url.username !== '' || url.password !== '' || url.hash !== '')
      throw new HubError('WEBHOOK_URL_REFUSED', 'the URL holds credentials or a fragment');
    const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
    if (isIP(host) !== 0 && !this.#guard.allows(host)) throw refusedAddress(host);
    return url.href;
  }

  /**
   * One attempt. It never throws for what the receiver does.
   * @throws the signal's reason, when that aborts
   */
  async post(
    url: string,
    headers: Readonly<Record<string, string>>,
    body: string,
    signal: AbortSignal,
    now: Date,
  ): Promise<PostResult> {
    // Not AbortSignal.any: one of the two outlives every request, and would gather what hangs on it.
    const ended = new AbortController();
    const end = (): void => {
      ended.abort();
    };
    const timer = setTimeout(end, this.#answerTimeoutMs);
    signal.addEventListener('abort', end);
    try {
      signal.throwIfAborted();
      const answer = await request(url, {
        method: 'POST',
        dispatcher: this.#agent,
        headers: { 'content-type': 'application/cloudevents+json', 'user-agent': 'reset-hub', ...headers },
        body,
        signal: ended.signal,
      });
      // A body that is destroyed before anyone reads it speaks of it in an event.
      answer.body.on('error', () => undefined);
      await answer.body.dump({ limit: DISCARDED_BYTES }).catch(() => undefined);
      return resultOf(answer.statusCode, answer.headers['retry-after'], now);
    } catch (error) {
      signal.throwIfAborted();
      return { taken: false, code: codeOf(error, ended.signal), status: null, retryAfterMs: null };
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
    }
  }

  /** Ends every connection. */
  async close(): Promise<void> {
    await this.#agent.destroy();
  }
}

async function everyAddress(hostname: string): Promise<readonly Address[]> {
  return systemLookup(hostname, { all: true });
}

/** A lookup for sockets that gives a name's addresses if every one of them is allowed. */
function guarded(resolve: Resolve, guard: AddressGuard): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname).then(
      (addresses) => {
        const [first] = addresses;
        const refused = addresses.find(({ address }) => !guard.allows(address));
        if (refused !== undefined) callback(refusedAddress(refused.address), '');
        else if (first === undefined) callback(new Error(`${hostname} has no address`), '');
        else if (options.all === true) callback(null, [...addresses]);
        else callback(null, first.address, first.family);
      },
      (error: unknown) => {
        callback(error instanceof Error ? error : new Error(String(error)), '');
      },
    );
  };
}

function refusedAddress(address: string): HubError {
  return new HubError('WEBHOOK_ADDRESS_REFUSED', `${address} is not public and not allowed`);
}

function resultOf(status: number, retryAfter: string | string[] | undefined, now: Date): PostResult {
  if (status >= 200 && status < 300) return { taken: true, status };
  return { taken: false, status, code: codeOfStatus(status), retryAfterMs: readRetryAfter(retryAfter, now) };
}

function codeOfStatus(status: number): ErrorCode {
  if (status === 410) return 'WEBHOOK_GONE';
  return status >= 300 && status < 400 ? 'WEBHOOK_REDIRECTED' : 'WEBHOOK_ANSWER_REFUSED';
}

/** Seconds or a date (RFC 9110 §10.2.3), as milliseconds from now, a day at most; null for what is neither. */
export function readRetryAfter(header: string | string[] | undefined, now: Date): number | null {
  if (typeof header !== 'string') return null;
  const text = header.trim();
  const wait = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now.getTime();
  return Number.isNaN(wait) ? null : Math.min(Math.max(0, wait), LONGEST_RETRY_AFTER_MS);
}

function codeOf(error: unknown, ended: AbortSignal): ErrorCode {
  if (error instanceof HubError) return error.code;
  const isLate =
    ended.aborted ||
    error instanceof errors.ConnectTimeoutError ||
    error instanceof errors.HeadersTimeoutError ||
    error instanceof errors.BodyTimeoutError;
  return isLate ? 'WEBHOOK_TIMEOUT' : 'WEBHOOK_UNREACHABLE';
}
