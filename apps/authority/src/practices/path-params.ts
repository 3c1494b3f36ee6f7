/** What the routes on a practice have in their paths and queries. */
import { z } from 'zod';

/** A UUID in either letter case (RFC 9562 §4); ours are lower case. */
export const uuidParam = z.uuid().toLowerCase();

export const ownerQuery = z.object({
  owner: z.string().max(16).optional().describe('IPA code of the owner, when two have this id'),
});
export type OwnerQuery = z.output<typeof ownerQuery>;

export const eventQuery = ownerQuery.extend({
  author: z.string().max(16).optional().describe('IPA code of the author, when two have used this event id'),
});
export type EventQuery = z.output<typeof eventQuery>;
