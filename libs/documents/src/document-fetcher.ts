import { Agent } from 'undici';

import { HubError } from '#errors';
import { readMutualTls, type MutualTlsFiles } from '#platform';

import type { DocumentStore, PartialDocument } from './document-store.ts';
import { attempt, type Attempt, type AttemptContext } from './fetch-attempt.ts';
import type { FetchOrder, FetchResult, SourceProblem } from './fetch-types.ts';

export interface FetcherOptions {
  readonly store: DocumentStore;
  /** PEM files of this node's transport certificate. */
  readonly tls: MutualTlsFiles;
  /** Connections to one neighbour at a time, whatever the number of documents; 4 unless given. */
  readonly connectionsPerNeighbour?: number;
  /** Milliseconds for TCP and TLS; 5,000 unless given. */
  readonly connectTimeoutMs?: number;
  /** Milliseconds without a byte, for headers and content; 20,000 unless given. */
  readonly idleTimeoutMs?: number;
  /** Milliseconds in which a source must give 64 KiB, or the next one is asked; 60,000 unless given. */
  readonly paceMs?: number;
}

/** A connection that is cut is resumed at once as long as bytes come, so many times. */
const MAX_CUTS_PER_SOURCE = 8;

/** Fetches documents from other nodes over mutual TLS, straight to disk. */
export class DocumentFetcher {
  readonly #store: DocumentStore;
  readonly #agent: Agent;
  readonly #idleTimeoutMs: number;
  readonly #paceMs: number;

  /** @throws HubError `TLS_FILE_UNREADABLE` */
  constructor(options: FetcherOptions) {
    this.#store = options.store;
    this.#idleTimeoutMs = options.idleTimeoutMs ?? 20_000;
    this.#paceMs = options.paceMs ?? 60_000;
    this.#agent = new Agent({
      connections: options.connectionsPerNeighbour ?? 4,
      pipelining: 1,
      allowH2: false,
      keepAliveTimeout: 10_000,
      connect: { ...readMutualTls(options.tls), timeout: options.connectTimeoutMs ?? 5_000 },
    });
  }

  /**
   * Tries each source once, the author first, and goes on where an earlier call stopped. What a source did wrong is in
   * the result; nothing is ever kept that does not have the salted digest which the event names.
   *
   * @throws HubError `DISK_FULL`, `DOCUMENT_STORE_FAILED`, `DOCUMENT_EXISTS`: faults of this node
   * @throws the signal's reason, when it aborts; whole chunks are kept for the next call
   */
  async fetch(order: FetchOrder, signal?: AbortSignal): Promise<FetchResult> {
    const present = await this.#present(order);
    if (present !== undefined) return present;
    const partial = await this.#store.resume(order.key, order);
    const problems: SourceProblem[] = [];
    try {
      const held = await completeHeld(partial, order);
      if (held !== undefined) return held;
      for (const source of order.sources) {
        const ended = await this.#fromSource({ partial, source, order, ...this.#connection(signal) });
        if (ended.kind === 'complete') {
          return { state: 'complete', document: ended.document, from: source.holder, problems };
        }
        problems.push(ended.problem);
      }
      return { state: stateAfter(order, problems), problems };
    } finally {
      await partial.close();
    }
  }

  /** Ends the connections that are not in use, then the others when they are done. */
  async close(): Promise<void> {
    await this.#agent.close();
  }

  #connection(signal: AbortSignal | undefined) {
    const waits = { idleTimeoutMs: this.#idleTimeoutMs, paceMs: this.#paceMs };
    return { dispatcher: this.#agent, ...waits, ...(signal === undefined ? {} : { signal }) };
  }

  async #present(order: FetchOrder): Promise<FetchResult | undefined> {
    if (order.replace === true && !(await this.#store.isIntact(order.key, order.saltedDigest)))
      return undefined;
    if (!(await this.#store.has(order.key))) return undefined;
    const document = await this.#store.stat(order.key);
    if (document.saltedDigest !== order.saltedDigest) return undefined;
    return { state: 'complete', document, from: null, problems: [] };
  }

  /** Asks one source until it has given everything, gives nothing more, or is at fault. */
  async #fromSource(context: AttemptContext): Promise<Exclude<Attempt, { kind: 'cut' }>> {
    const { partial } = context;
    for (let cuts = 0; ; cuts += 1) {
      const before = partial.offset;
      const ended = await attempt(context);
      if (ended.kind === 'complete') return ended;
      if (ended.kind === 'cut') {
        if (partial.offset > before && cuts < MAX_CUTS_PER_SOURCE) continue;
        return { kind: 'ended', problem: ended.problem };
      }
      // Bytes of an earlier attempt were among the wrong ones: who sent them is not known, so ask for all of them.
      if (ended.problem.kind === 'wrong' && lostEarlierBytes(partial, before)) continue;
      return ended;
    }
  }
}

/** All bytes may be here since an earlier call that could not end its work. */
async function completeHeld(partial: PartialDocument, order: FetchOrder): Promise<FetchResult | undefined> {
  if (partial.salt === null || partial.offset !== order.size) return undefined;
  try {
    return { state: 'complete', document: await partial.complete(), from: null, problems: [] };
  } catch (error) {
    if (error instanceof HubError && error.code === 'DOCUMENT_DIGEST_MISMATCH') return undefined;
    throw error;
  }
}

function lostEarlierBytes(partial: PartialDocument, before: number): boolean {
  return before > 0 && partial.offset === 0;
}

/** What is to be said of a document that no source has given. */
function stateAfter(
  { sources }: FetchOrder,
  problems: readonly SourceProblem[],
): Exclude<FetchResult['state'], 'complete'> {
  const [author] = problems;
  if (author?.source !== sources[0]?.holder) return 'fetching';
  const nobodyHas = problems.every(({ kind }) => kind === 'gone' || kind === 'refused');
  if (author?.kind === 'gone' && nobodyHas) return 'destroyed';
  return author?.kind === 'away' ? 'author-away' : 'fetching';
}
