import { authoritySource, type IpaCode } from '#contracts';
import type { FeedEntry } from '../feed/read-feed.ts';
import type { Message } from './sign-message.ts';

/** A CloudEvents 1.0 document (structured mode), its attributes always in this order. */
function documentOf(
  ipa: IpaCode,
  id: string,
  said: { readonly type: string; readonly subject?: string; readonly time: string; readonly data: object },
): Message {
  const { type, subject, time, data } = said;
  const about = subject === undefined ? {} : { subject };
  const source = authoritySource(ipa);
  const datacontenttype = 'application/json';
  return {
    id,
    body: JSON.stringify({ specversion: '1.0', id, source, type, ...about, time, datacontenttype, data }),
  };
}

/**
 * An entry of the feed: `data` is the entry as the feed shows it, its cursor included, so that what was pushed and what is
 * pulled can be told to be the same. Always the same bytes.
 */
export function messageOf(ipa: IpaCode, entry: FeedEntry): Message {
  const { kind, owner, uuid, at: time, cursor } = entry;
  const about = owner === null || uuid === null ? {} : { subject: `${owner}/${uuid}` };
  return documentOf(ipa, `feed_${cursor}`, { type: `feed.${kind}`, ...about, time, data: entry });
}

/** A message that tells nothing but that it arrived. */
export function pingOf(ipa: IpaCode, name: string, at: Date): Message {
  return documentOf(ipa, `ping_${name}`, { type: 'webhook.ping', time: at.toISOString(), data: {} });
}
