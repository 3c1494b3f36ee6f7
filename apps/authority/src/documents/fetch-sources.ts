import type { IpaCode } from '#contracts';
import type { FetchSource } from '#documents';
import type { NodeParts } from '../node-parts.ts';

/** Where these bodies' nodes are, each once and in this order; without this node, and whoever has none. */
export function sourcesOf(
  { ipa, registry }: Pick<NodeParts, 'ipa' | 'registry'>,
  holders: readonly IpaCode[],
): FetchSource[] {
  return [...new Set(holders)].flatMap((holder) => {
    const nodeUrl = holder === ipa ? undefined : registry.body(holder)?.nodeUrl;
    return nodeUrl === undefined ? [] : [{ holder, nodeUrl }];
  });
}
