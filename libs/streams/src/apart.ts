import { topics } from '#contracts';
import type { StreamApart } from './streams-parts.ts';

/** The chain of the registry, as every node reads it. */
export const REGISTRY_APART: StreamApart = {
  stream: 'registry',
  topics: [topics.registryState],
  why: 'is read by each instance for itself, from its verified copy on: each entry names the one before it, and reading one again could add nothing',
};

/** Topics that a node alone writes: it reads them at its start. */
export function ownTopicsApart(own: readonly string[]): StreamApart {
  return {
    stream: 'own',
    topics: own,
    why: 'is what this node has written itself, and is read at each start from a mark of its own (docs/restore.md)',
  };
}
