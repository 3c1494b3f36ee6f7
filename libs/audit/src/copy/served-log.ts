import { setTimeout as wait } from 'node:timers/promises';
import { HubError } from '#errors';
import type { ReadLogFile } from '#tlog';
import { mostBytes } from './folder-copy.ts';

/** A request that takes longer is given up, milliseconds: the largest file has tens of MB. */
const TIMEOUT_MS = 60_000;
/** How often a file is asked for before the log counts as not reachable. */
const ATTEMPTS = 4;
const FIRST_PAUSE_MS = 500;
/** Of what a server may ask for with Retry-After, so much is granted. Milliseconds. */
const LONGEST_PAUSE_MS = 60_000;

export interface ServedLogSettings {
  /** The address under which `checkpoint` and `tile/…` are. */
  readonly url: string;
  /** Bearer token; null where nobody has to show one. */
  readonly token: string | null;
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number;
  readonly attempts?: number;
  /** 0 to 1: two monitors that were refused at one moment do not come back at one moment. */
  readonly random?: () => number;
  /** Waits, milliseconds. */
  readonly pause?: (ms: number) => Promise<void>;
}

/** A file with its entity tag, if the server gave one. */
export interface TaggedFile {
  readonly bytes: Buffer;
  readonly etag: string | null;
}

/**
 * A log as an auditor, a web server or an object store serves it. Polite: one request at a time; what fails for a moment is
 * tried again after a growing pause, at random within it. Believes nothing: redirections are not followed, nothing larger
 * than such a file can be is read.
 */
export class ServedLog {
  readonly #settings: ServedLogSettings;
  readonly #base: string;
  /** The request before this one. */
  #turn: Promise<unknown> = Promise.resolve();

  /** @throws HubError `USAGE_INVALID` for no address, or for a token that would travel where everyone can read it */
  constructor(settings: ServedLogSettings) {
    this.#settings = settings;
    this.#base = baseOf(settings);
  }

  /**
   * @throws HubError from the reader: `WATCH_LOG_UNREACHABLE`, `AUDIT_INTERRUPTED`, `WATCH_READ_REFUSED`, `LOG_STATE_DAMAGED` if the log says so itself,
   *   `LOG_COPY_UNREADABLE` for a file that is too large. That a file is not there is no error.
   */
  readonly read: ReadLogFile = async (path) => {
    const found = await this.#inTurn(path, null);
    return found === undefined || found === 'same' ? undefined : found.bytes;
  };

  /** The same, unless it still has that entity tag. @throws as `read` */
  async readTagged(path: string, etag: string | null): Promise<TaggedFile | 'same' | undefined> {
    return await this.#inTurn(path, etag);
  }

  async #inTurn(path: string, etag: string | null): Promise<TaggedFile | 'same' | undefined> {
    const asked = this.#turn.then(() => this.#patiently(path, etag));
    this.#turn = asked.catch(() => undefined);
    return await asked;
  }

  async #patiently(path: string, etag: string | null): Promise<TaggedFile | 'same' | undefined> {
    const { attempts = ATTEMPTS, random = Math.random, pause = this.#pause } = this.#settings;
    for (let attempt = 1; ; attempt += 1) {
      const answer = await this.#ask(path, etag);
      if (!(answer instanceof Setback)) return answer;
      if (this.#settings.signal?.aborted === true)
        throw new HubError('AUDIT_INTERRUPTED', `${path} was not waited for`, { cause: answer.error });
      if (attempt >= attempts) throw answer.error;
      const most = FIRST_PAUSE_MS * 2 ** (attempt - 1);
      await pause(Math.min(LONGEST_PAUSE_MS, Math.max(answer.retryAfterMs, most * (0.5 + random() / 2))));
    }
  }

  readonly #pause = async (ms: number): Promise<void> => {
    await wait(ms, undefined, { signal: this.#settings.signal }).catch(() => undefined);
  };

  async #ask(path: string, etag: string | null): Promise<TaggedFile | 'same' | undefined | Setback> {
    const { token, signal, timeoutMs = TIMEOUT_MS } = this.#settings;
    const headers = new Headers();
    if (token !== null) headers.set('authorization', `Bearer ${token}`);
    if (etag !== null) headers.set('if-none-match', etag);
    const timeout = AbortSignal.timeout(timeoutMs);
    try {
      const response = await fetch(new URL(path, this.#base), {
        headers,
        redirect: 'error',
        signal: signal === undefined ? timeout : AbortSignal.any([timeout, signal]),
      });
      if (response.status === 304) return 'same';
      if (response.ok) return { bytes: await bodyOf(response, path), etag: response.headers.get('etag') };
      return await refusalOf(response, path);
    } catch (cause) {
      if (cause instanceof HubError) throw cause;
      return new Setback(unreachable(path, cause instanceof Error ? cause.message : String(cause), cause));
    }
  }
}

/** Something that another attempt may mend. */
class Setback {
  constructor(
    readonly error: HubError,
    readonly retryAfterMs = 0,
  ) {}
}

async function bodyOf(response: Response, path: string): Promise<Buffer> {
  const most = mostBytes(path);
  const parts: Uint8Array[] = [];
  let bytes = 0;
  const body: AsyncIterable<Uint8Array> | null = response.body;
  if (body === null) return Buffer.alloc(0);
  for await (const part of body) {
    bytes += part.length;
    if (bytes > most)
      throw new HubError('LOG_COPY_UNREADABLE', `${path} is larger than ${most} bytes, the most it can have`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/** @returns undefined for a file that is not there (yet) */
async function refusalOf(response: Response, path: string): Promise<undefined | Setback> {
  const { status } = response;
  const said: unknown = await response.json().catch(() => undefined);
  const code = typeof said === 'object' && said !== null && 'code' in said ? said.code : undefined;
  if (status === 404 || code === 'LOG_NOT_READY') return undefined;
  if (code === 'LOG_STATE_DAMAGED') throw new HubError(code, `the log says that its ${path} is damaged`);
  if (status === 401 || status === 403) throw new HubError('WATCH_READ_REFUSED', `${path}: status ${status}`);
  const retryAfter = Number(response.headers.get('retry-after'));
  return new Setback(
    unreachable(path, `status ${status}`),
    Number.isFinite(retryAfter) ? retryAfter * 1_000 : 0,
  );
}

function baseOf({ url, token }: ServedLogSettings): string {
  let parsed: URL;
  try {
    parsed = new URL(url.endsWith('/') ? url : `${url}/`);
  } catch (cause) {
    throw new HubError('USAGE_INVALID', `${url} is no address`, { cause });
  }
  const { protocol, hostname } = parsed;
  if (protocol !== 'https:' && protocol !== 'http:')
    throw new HubError('USAGE_INVALID', `${url} is no web address`);
  if (token !== null && protocol === 'http:' && !isThisMachine(hostname))
    throw new HubError('USAGE_INVALID', `${url}: a token is sent over https only, but to this machine`);
  return parsed.href;
}

function isThisMachine(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}

function unreachable(path: string, reason: string, cause?: unknown): HubError {
  return new HubError('WATCH_LOG_UNREACHABLE', `${path}: ${reason}`, { cause });
}
