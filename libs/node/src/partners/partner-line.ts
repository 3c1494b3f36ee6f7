import { z } from 'zod';

const count = z.number().int().nonnegative();

/** How the exchange with one partner stands, seen from this node. What a node cannot know is null. */
export const partnerLine = z.object({
  partner: z.string().describe('IPA code'),
  lag: count.nullable().describe('Records of its outbox that this node has not handled yet'),
  retentionLeftSeconds: z
    .number()
    .nullable()
    .describe('Until its outbox forgets the first of them; its whole retention while there is none'),
  unreceived: count.nullable().describe('Events for it that it has not said to have received'),
  lastHeardAt: z.iso.datetime().nullable().describe('When it last said that it has received one'),
  unsent: count.nullable().describe('Records for its inbox that wait to be sent'),
  oldestUnsentSeconds: z.number().nullable().describe('For how long the oldest of them waits'),
  waiting: count.describe('Events of its authorship that wait for an earlier one'),
  parked: count.describe('Records of its authorship in quarantine'),
  retrying: count.nullable().describe('Documents that this node is still to fetch from it'),
  awaySince: z.iso.datetime().nullable().describe('Since when it does not give them'),
});

export type PartnerLine = z.output<typeof partnerLine>;

/** What a node says of its partners. One line a partner, in the order of their IPA codes. */
export interface PartnerBoard {
  lines(): Promise<readonly PartnerLine[]>;
  /** Documents that this node had and whose bytes are missing from its disk; absent where a node keeps none. */
  lostDocuments?(): Promise<number>;
}

/** Nest token of {@link PartnerBoard}. */
export const PARTNER_BOARD = Symbol('PartnerBoard');

/** A line of which nothing is known but whom it is about. */
export function quietLine(partner: string): PartnerLine {
  return {
    partner,
    lag: null,
    retentionLeftSeconds: null,
    unreceived: null,
    lastHeardAt: null,
    unsent: null,
    oldestUnsentSeconds: null,
    waiting: 0,
    parked: 0,
    retrying: null,
    awaySince: null,
  };
}
