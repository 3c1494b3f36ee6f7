import type { Decision, IpaCode, Receipt } from '#contracts';

/** The receipt of a recipient who has taken in what was decided. */
export function receiptOf({ event, practice, position }: Decision, by: IpaCode, at: Date): Receipt {
  const { author, id, digest } = event;
  return {
    version: '1.0',
    kind: 'received',
    by,
    time: at.toISOString(),
    event: { author, id, digest },
    practice,
    position,
    code: null,
    registration: null,
    cancellation: null,
  };
}
