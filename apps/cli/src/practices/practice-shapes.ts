import { z } from 'zod';
import { equivocation, gap } from './gap-shapes.ts';

/** A practice as a node tells of it in a list; nodes may say more. */
export const practiceSummary = z.object({
  cui: z.string(),
  practiceId: z.string(),
  owner: z.string(),
  procedure: z.string(),
  state: z.string(),
  eventId: z.string(),
  part: z.string(),
  filedAt: z.string(),
  position: z.int(),
});
export type PracticeSummary = z.output<typeof practiceSummary>;

export const practicePage = z.object({ practices: z.array(practiceSummary), next: z.string().nullable() });

export const practiceDetail = practiceSummary.extend({
  events: z.array(
    z.object({
      eventId: z.string(),
      author: z.string(),
      type: z.string(),
      position: z.int().nullable(),
      status: z.string(),
      outOfFlow: z.boolean(),
      at: z.string(),
      replaces: z.string().nullable().default(null),
      replacedBy: z.string().nullable().default(null),
    }),
  ),
  participants: z.array(
    z.looseObject({ ipa: z.string(), part: z.string(), joined: z.boolean(), rule: z.string() }),
  ),
  tasks: z.array(z.looseObject({})),
  waiting: gap.nullable().default(null),
  equivocations: z.array(equivocation).default([]),
  documents: z.object({
    total: z.int(),
    complete: z.int(),
    state: z.string().optional(),
    awaySince: z.string().nullable().default(null),
    lostSince: z.string().nullable().default(null),
    signatures: z.int().default(0),
    signaturesInDoubt: z.int().default(0),
    unchecked: z.int().default(0),
  }),
});
export type PracticeDetail = z.output<typeof practiceDetail>;

/** Where a message stands in a body's protocol register. */
const registration = z.object({
  aoo: z.string(),
  register: z.string(),
  number: z.string(),
  date: z.string(),
});

export const filed = z.object({
  cui: z.string(),
  practiceId: z.string(),
  owner: z.string(),
  eventId: z.string(),
  procedure: z.string(),
  state: z.string(),
  protocol: registration,
  receipt: z.string(),
});

export const issued = z.object({
  cui: z.string(),
  practiceId: z.string(),
  eventId: z.string(),
  type: z.string(),
  status: z.string(),
  protocol: registration,
});

const again = issued.pick({ eventId: true, type: true, protocol: true }).extend({ replaces: z.string() });

export const reissued = issued.extend({ replaces: z.string(), followers: z.array(again) });
