import type { HubEvent } from '#contracts';

/** What names an event: an id is its author's own. */
export type EventKey = Pick<HubEvent, 'id'> & { readonly author: Pick<HubEvent['author'], 'ipa'> };

/** The key as one word. */
export function eventKeyOf({ author, id }: EventKey): string {
  return `${author.ipa}/${id}`;
}
