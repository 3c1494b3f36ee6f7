import { HubError } from '#errors';
import type { Neighbour, PeerClient } from '#peers';
import type { IpaCode } from '#contracts';
import type { z } from 'zod';
import { itemsAnswer, nodesAnswer, readItem, readNode } from './peer-shapes.ts';
import { ROOT, type RangeItem, type RangeTree, type TreeNode } from './range-tree.ts';
import type { Range } from './stored-tree.ts';

/** A node that is being compared with, for as long as that takes. */
export interface Partner {
  readonly client: Pick<PeerClient, 'get' | 'put'>;
  readonly neighbour: Neighbour;
  readonly signal?: AbortSignal;
}

/** A neighbour's tree of one author's events, asked for over mutual TLS. Nothing in it is believed: see `compareTrees`. */
export class PeerTree implements RangeTree {
  readonly #partner: Partner;
  readonly #query: URLSearchParams;

  constructor(partner: Partner, { from, to }: Range, author: IpaCode) {
    this.#partner = partner;
    this.#query = new URLSearchParams({ from, to, author });
  }

  async children(prefixes: readonly string[]): Promise<ReadonlyMap<string, readonly TreeNode[]>> {
    const { nodes } = await this.#ask('nodes', prefixes, nodesAnswer);
    return new Map(nodes.map(({ prefix, children }) => [prefix, children.map(readNode)]));
  }

  async items(buckets: readonly string[]): Promise<ReadonlyMap<string, readonly RangeItem[]>> {
    const answer = await this.#ask('items', buckets, itemsAnswer);
    return new Map(answer.buckets.map(({ prefix, items }) => [prefix, items.map(readItem)]));
  }

  async #ask<Shape extends z.ZodType>(
    what: string,
    prefixes: readonly string[],
    shape: Shape,
  ): Promise<z.output<Shape>> {
    const query = new URLSearchParams(this.#query);
    if (!prefixes.includes(ROOT)) query.set('prefixes', prefixes.join(','));
    const { client, neighbour, signal } = this.#partner;
    return answerAs(
      shape,
      await client.get(neighbour, `v1/reconciliations/peer/${what}?${query.toString()}`, signal),
      neighbour,
    );
  }
}

/** @throws HubError `PEER_ANSWER_INVALID` */
export function answerAs<Shape extends z.ZodType>(
  shape: Shape,
  answer: unknown,
  { holder }: Neighbour,
): z.output<Shape> {
  try {
    return shape.parse(answer);
  } catch (cause) {
    throw new HubError('PEER_ANSWER_INVALID', `${holder} answered in no form that is known here`, {
      cause,
      details: { holder },
    });
  }
}
