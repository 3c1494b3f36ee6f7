import { outboxOwner } from '#contracts';
import type { QuarantineParts } from '#quarantine';
import type { TakeIn } from '../intake/take-in.ts';

/** The auditor's part in its desk: what it refused to log, judged again by the same checks. */
export function auditorQuarantine(
  node: Pick<QuarantineParts, 'work' | 'clock' | 'ids' | 'actions' | 'attributedTo'>,
  takeIn: TakeIn,
): QuarantineParts {
  return {
    ...node,
    at: 'auditor',
    whose: ({ origin }) => ({ member: outboxOwner(origin.topic) }),
    judge: (tx, record) => takeIn.runOne(tx, record),
  };
}
