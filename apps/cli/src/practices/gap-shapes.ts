import { z } from 'zod';

const asked = z.array(
  z.object({ holder: z.string(), at: z.string(), given: z.int(), code: z.string().nullable() }),
);

/** A practice of which a node misses positions, as the node tells of it. */
export const gap = z.object({
  owner: z.string(),
  practiceId: z.string(),
  missing: z.object({ from: z.int(), to: z.int() }),
  waiting: z.int(),
  since: z.string(),
  attempts: z.int(),
  nextAttemptAt: z.string().nullable(),
  asked,
});
export type Gap = z.output<typeof gap>;

export const gapList = z.object({ gaps: z.array(gap) });

/** Events that wait at the router for an earlier number of their author. */
export const waitingList = z.object({
  waiting: z.array(
    z.object({
      author: z.string(),
      number: z.int(),
      eventId: z.string(),
      owner: z.string(),
      practiceId: z.string(),
      since: z.string(),
      missing: z.int(),
      parked: z.string().nullable(),
      attempts: z.int(),
      asked,
    }),
  ),
});
export type Waiting = z.output<typeof waitingList>['waiting'][number];

/** Two events of one author that contradict each other, as a node tells of them. */
export const equivocation = z.looseObject({
  kind: z.string(),
  author: z.string(),
  first: z.looseObject({ eventId: z.string(), digest: z.string() }),
  second: z.looseObject({ eventId: z.string(), digest: z.string() }),
  foundAt: z.string(),
});
export type FoundEquivocation = z.output<typeof equivocation>;

/** What the last round of asking said, for people. */
export function askedText(answers: z.output<typeof asked>): string {
  return answers.map(({ holder, code, given }) => `${holder}: ${code ?? `${given} given`}`).join(', ');
}
