/** An author's node, second sources and a node that fetches, all real, for the specs of the fetcher. */
import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';

import { expect } from 'vitest';

import { parseIpaCode, parseSha256 } from '#contracts';
import {
  DocumentFetcher,
  FileDocumentStore,
  readDecisionHeader,
  serveDocument,
  type DiskHook,
  type DocumentKey,
  type DocumentStore,
  type FetchOrder,
  type FetchResult,
  type FileKeyStore,
  type StoredDocument,
} from '#documents';

import { generated, KEY, keysIn } from './contents.ts';
import { aFolder, aNode, listen, type Handler, type Loopback } from './loopback.ts';

export const SIZE = 3 * 1024 * 1024;
export const AUTHOR = parseIpaCode('c_d150');
export const SECOND = parseIpaCode('p_cr');
const DECISION = Buffer.from('<SignedItem/>');

export class FetchBench {
  /** The Range header of each request, in order. */
  ranges: (string | undefined)[] = [];
  /** The store of the node that fetches: a new one for each test. */
  mine: FileDocumentStore;
  fetcher: DocumentFetcher;
  #run = 0;
  #servers: Loopback[] = [];

  private constructor(
    readonly folder: Awaited<ReturnType<typeof aFolder>>,
    readonly pki: Awaited<ReturnType<typeof aNode>>,
    readonly authors: FileDocumentStore,
    readonly keys: FileKeyStore,
    /** What the author's node has under KEY. */
    readonly stored: StoredDocument,
  ) {
    this.mine = this.#newStore();
    this.fetcher = this.#newFetcher();
  }

  static async create(): Promise<FetchBench> {
    const folder = await aFolder();
    const keys = await keysIn(folder.path);
    const authors = new FileDocumentStore({ root: join(folder.path, 'author'), keys });
    const stored = await authors.put(KEY, generated(SIZE), { maxBytes: SIZE, name: 'città.pdf' });
    return new FetchBench(folder, await aNode(folder.path), authors, keys, stored);
  }

  /** Ends a test: closes every server, and begins with an empty store. */
  async reset(hook?: DiskHook, pace: { readonly paceMs?: number } = {}): Promise<void> {
    await this.fetcher.close();
    await Promise.all(this.#servers.map((each) => each.close()));
    this.#servers = [];
    this.ranges = [];
    this.mine = this.#newStore(hook);
    this.fetcher = this.#newFetcher(pace);
  }

  async end(): Promise<void> {
    await this.reset();
    await this.fetcher.close();
    await this.folder.remove();
  }

  #newStore(hook?: DiskHook): FileDocumentStore {
    const root = join(this.folder.path, `mine-${++this.#run}`);
    const { keys } = this;
    return new FileDocumentStore({ root, keys, ...(hook === undefined ? {} : { onDiskStep: hook }) });
  }

  #newFetcher(pace: { readonly paceMs?: number } = {}): DocumentFetcher {
    const timeouts = { connectTimeoutMs: 2_000, idleTimeoutMs: 2_000, ...pace };
    return new DocumentFetcher({ store: this.mine, tls: this.pki.files, ...timeouts });
  }

  /** A node that serves documents as nodes do. */
  serving(store: DocumentStore = this.authors): Handler {
    return async (request, response) => {
      this.ranges.push(request.headers.range);
      expect(request.url).toBe(`/v1/practices/c_d150/${KEY.practice}/documents/${KEY.document}`);
      expect(readDecisionHeader(request.headers['reset-hub-decision'])).toEqual(DECISION);
      return serveDocument(request, response, {
        store,
        key: KEY,
        mediaType: 'application/pdf',
        audience: 'node',
      });
    };
  }

  /** Serves, but cuts the connection after so many bytes, the first so many times. */
  cuttingAfter(bytes: number, times: number): Handler {
    return (request, response) => {
      if (this.ranges.length < times) cutAfter(bytes, request, response);
      return this.serving()(request, response);
    };
  }

  /** Cuts the first answer after so many bytes, and all later ones at once. */
  dyingAfter(bytes: number): Handler {
    return async (request, response) => {
      if (this.ranges.length > 0) return request.socket.destroy();
      return this.cuttingAfter(bytes, 1)(request, response);
    };
  }

  /** Answers as it should, and then gives one byte at a time, for ever. */
  trickling(): Handler {
    return async (request, response) => {
      this.ranges.push(request.headers.range);
      response.writeHead(200, {
        etag: `"${this.stored.saltedDigest}"`,
        'reset-hub-document-salt': this.stored.salt.toString('base64'),
      });
      const giving = setInterval(() => response.write('%'), 5);
      await new Promise((resolve) => response.once('close', resolve));
      clearInterval(giving);
    };
  }

  answering(status: number): Handler {
    return async (request, response) => {
      this.ranges.push(request.headers.range);
      await new Promise<void>((resolve) => response.writeHead(status).end(resolve));
    };
  }

  /** The right salted digest, and a content of the same length that differs in its last byte. */
  forgedStore(): DocumentStore {
    const { authors } = this;
    async function* open(...[key, range]: Parameters<DocumentStore['open']>) {
      let last: Buffer | undefined;
      for await (const bytes of authors.open(key, range)) {
        if (last !== undefined) yield last;
        last = Buffer.from(bytes);
      }
      if (last === undefined) return;
      last.writeUInt8(last.readUInt8(last.length - 1) ^ 1, last.length - 1);
      yield last;
    }
    // A store that was damaged would notice: its own digest is forged with the content.
    const stat = async (key: DocumentKey): Promise<StoredDocument> => {
      const hash = createHash('sha256');
      for await (const bytes of open(key)) hash.update(bytes);
      return { ...(await authors.stat(key)), sha256: parseSha256(hash.digest('hex')) };
    };
    return Object.assign(Object.create(authors) as DocumentStore, { stat, open });
  }

  /** Starts a server with a certificate of this network; its address. */
  async node(handler: Handler, pki = this.pki): Promise<string> {
    const server = await listen(handler, { own: pki.own, ca: pki.ca });
    this.#servers.push(server);
    return server.url;
  }

  /** An address where nobody listens. */
  async nobody(): Promise<string> {
    const server = await listen(this.answering(200));
    await server.close();
    return server.url.replace('http:', 'https:');
  }

  /** Fetches from nodes that answer so: the author's, and a second source's if given. */
  async fetch(author: Handler, second?: Handler): Promise<FetchResult> {
    const urls = [
      await this.node(author),
      second === undefined ? undefined : await this.node(second),
    ] as const;
    return this.fetcher.fetch(this.order(...urls));
  }

  order(author: string, second?: string): FetchOrder {
    const sources = [{ holder: AUTHOR, nodeUrl: author }];
    if (second !== undefined) sources.push({ holder: SECOND, nodeUrl: second });
    return { key: KEY, size: SIZE, saltedDigest: this.stored.saltedDigest, decision: DECISION, sources };
  }

  /** The document is here, every byte of it, with salt, digests and name. */
  async expectHere(): Promise<void> {
    expect(await this.mine.stat(KEY)).toEqual(this.stored);
    let same = true;
    const theirs = this.authors.open(KEY);
    for await (const bytes of this.mine.open(KEY))
      same &&= bytes.equals((await theirs.next()).value ?? Buffer.alloc(0));
    await theirs.return();
    expect(same).toBe(true);
  }
}

function cutAfter(bytes: number, request: IncomingMessage, response: ServerResponse): void {
  const write = response.write.bind(response);
  let sent = 0;
  response.write = (chunk: Buffer, ...rest: never[]) => {
    sent += chunk.length;
    if (sent > bytes) {
      request.socket.destroySoon();
      return false;
    }
    return write(chunk, ...rest);
  };
}
