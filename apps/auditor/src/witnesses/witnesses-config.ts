import { z } from 'zod';

const DEFAULT_PACE_MS = 5_000;
/** No witness is asked more often than this, whatever is configured. */
const MIN_PACE_MS = 1_000;

/** How many cosignatures make a checkpoint count as witnessed. */
export type Quorum = 'majority' | 'all' | number;

export const witnessesConfig = z
  .object({
    WITNESS_QUORUM: z
      .union([z.enum(['majority', 'all']), z.coerce.number().int().min(0).max(10_000)])
      .default('majority')
      .describe(
        'how many cosignatures make a checkpoint count as witnessed: a number, or majority or all of the joined authorities',
      ),
    WITNESS_PACE_MS: z.coerce
      .number()
      .int()
      .min(MIN_PACE_MS)
      .default(DEFAULT_PACE_MS)
      .describe('how long after a checkpoint the next one is shown to the witnesses, milliseconds'),
  })
  .transform((env): WitnessesSettings => ({ quorum: env.WITNESS_QUORUM, paceMs: env.WITNESS_PACE_MS }));

export interface WitnessesSettings {
  readonly quorum: Quorum;
  readonly paceMs: number;
}

/** @param members joined authorities, witnesses or not: one that is none does not make the majority smaller */
export function required(quorum: Quorum, members: number): number {
  if (quorum === 'majority') return Math.floor(members / 2) + 1;
  return quorum === 'all' ? members : quorum;
}
