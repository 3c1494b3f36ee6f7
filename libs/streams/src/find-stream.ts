import { HubError } from '#errors';
import type { StreamStatus } from '#messaging';
import type { StreamsParts } from './streams-parts.ts';

/**
 * A stream of the node, by its name, that a group reads.
 * @throws HubError `STREAM_NOT_REWINDABLE` for what is read without a group, `STREAM_UNKNOWN` for anything else
 */
export function findStream({ at, streams, apart }: StreamsParts, name: string): StreamStatus {
  const all = streams.list();
  const found = all.find(({ stream }) => stream === name);
  if (found !== undefined) return found;
  const other = apart.find(({ stream, topics }) => stream === name || topics.includes(name));
  if (other !== undefined) {
    throw new HubError(
      'STREAM_NOT_REWINDABLE',
      `${name} has no group whose position could move: it ${other.why}`,
    );
  }
  const known = all.map(({ stream }) => stream).join(', ') || 'none';
  throw new HubError('STREAM_UNKNOWN', `${at} has no stream ${name}; its streams: ${known}`);
}
