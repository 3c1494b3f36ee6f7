import { authoritySource, type IpaCode } from '#contracts';
import type { FeedEntry } from '../feed/read-feed.ts';
import type { Message } from './sign-message.ts';

/**
 * An entry of the feed as a CloudEvents 1.0 document (structured mode): `data` is the entry as the feed shows it, its
 * cursor included, so that what was pushed and what is pulled can be told to be the same. Always the same bytes.
 */
export function messageOf(ipa: IpaCode, entry: FeedEntry): Message {
  const id = `feed_${entry.cursor}`;
  return {
    id,
    body: JSON.stringify({
      specversion: '1.0',
      id,
      source: authoritySource(ipa),
      type: `feed.${entry.kind}`,
      ...(entry.owner === null || entry.uuid === null ? {} : { subject: `${entry.owner}/${entry.uuid}` }),
      time: entry.at,
      datacontenttype: 'application/json',
      data: entry,
    }),
  };
}

/** A message that tells nothing but that it arrived. */
export function pingOf(ipa: IpaCode, name: string, at: Date): Message {
  const id = `ping_${name}`;
  return {
    id,
    body: JSON.stringify({
      specversion: '1.0',
      id,
      source: authoritySource(ipa),
      type: 'webhook.ping',
      time: at.toISOString(),
      datacontenttype: 'application/json',
      data: {},
    }),
  };
}
