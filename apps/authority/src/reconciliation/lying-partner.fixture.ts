/** A neighbour that is asked to compare itself, for specs: honest, but for what it is told to lie about. */
import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll } from 'vitest';
import { parseIpaCode } from '#contracts';
import { readMutualTls } from '#platform';
import type { TestNetwork } from '#testing';
import { transportOf } from '../gaps/peers.fixture.ts';
import { writeNode } from './peer-shapes.ts';
import { MemoryTree } from './range-tree.ts';
import { state } from './statements.ts';
import type { Range } from './stored-tree.ts';

const CITY = parseIpaCode('c_d150');
const PROVINCE = parseIpaCode('p_cr');

/** A status and a body; JSON unless it is text. */
export interface Told {
  readonly status?: number;
  readonly body: unknown;
}

/** What a neighbour holds, and how it lies about it. */
export interface Lie {
  /** Of the Comune's events, and its own. */
  readonly ofCity?: MemoryTree;
  readonly own?: MemoryTree;
  /** Who signs its statements, and over which range, if not it and the one asked for. */
  readonly signer?: string;
  readonly over?: Range;
  /** Answers instead of the honest ones, by the end of a path before its query. */
  readonly instead?: Readonly<Record<string, (query: URLSearchParams) => Told>>;
}

/** Stands in the Provincia's place, with its certificate. */
export class LyingPartner {
  /** How often each path was asked for. */
  readonly asked: string[] = [];
  lie: Lie = {};
  readonly #server;

  private constructor(
    private readonly network: TestNetwork,
    private readonly range: Range,
  ) {
    this.#server = createServer(
      { ...readMutualTls(transportOf('p_cr')), requestCert: true },
      (request, response) => {
        request.resume();
        void this.#answer(new URL(request.url ?? '/', 'https://p_cr')).then(({ status = 200, body }) => {
          response.writeHead(status, { 'content-type': 'application/json' });
          response.end(typeof body === 'string' ? body : JSON.stringify(body));
        });
      },
    );
  }

  /** Call it at the file's top level: it ends with the file. @param range the one that it is going to be asked for */
  static async start(network: TestNetwork, range: Range): Promise<LyingPartner> {
    const liar = new LyingPartner(network, range);
    liar.#server.listen(0, '127.0.0.1');
    await once(liar.#server, 'listening');
    afterAll(() => liar.#server.close());
    const body = network.registry.body(PROVINCE);
    if (body === undefined) throw new Error('the Provincia is no member');
    const nodeUrl = `https://127.0.0.1:${(liar.#server.address() as AddressInfo).port}`;
    await network.publish({ kind: 'body.published', body: { ...body, nodeUrl } });
    return liar;
  }

  async #answer({ pathname, searchParams: query }: URL): Promise<Told> {
    const what = pathname.slice(pathname.lastIndexOf('/') + 1);
    this.asked.push(what);
    const { ofCity = new MemoryTree([]), own = new MemoryTree([]), instead = {} } = this.lie;
    const told = instead[what]?.(query);
    if (told !== undefined) return told;
    const tree = query.get('author') === PROVINCE ? own : ofCity;
    const prefixes = (query.get('prefixes') ?? '').split(',');
    switch (what) {
      case 'statement':
        return { body: await this.#statement(ofCity, own) };
      case 'nodes': {
        const nodes = [...(await tree.children(prefixes))];
        return {
          body: { nodes: nodes.map(([prefix, children]) => ({ prefix, children: children.map(writeNode) })) },
        };
      }
      case 'items': {
        const buckets = [...(await tree.items(prefixes))].map(([prefix, items]) => ({ prefix, items }));
        return { body: { buckets } };
      }
      default:
        return { status: 404, body: { code: 'PRACTICE_NOT_FOUND' } };
    }
  }

  async #statement(ofCity: MemoryTree, own: MemoryTree): Promise<object> {
    const { signer = 'p_cr', over = this.range } = this.lie;
    const held = [
      { author: CITY, ...ofCity.root },
      { author: PROVINCE, ...own.root },
    ] as const;
    const parts = { ipa: PROVINCE, signer: this.network.signerOf(signer) };
    const { bytes } = await state(parts, CITY, over, held, new Date());
    return { agreed: true, statement: bytes.toString('base64') };
  }
}
