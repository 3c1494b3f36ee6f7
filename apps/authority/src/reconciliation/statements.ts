import { DOCUMENT_VERSION, sameIpa, type IpaCode, type Reconciliation } from '#contracts';
import { HubError } from '#errors';
import { SIGNING_TIME_TOLERANCE_MS, signReconciliation, verifyReconciliation } from '#evidence';
import type { NodeParts } from '../node-parts.ts';
import type { Holding, Range } from './stored-tree.ts';

/** A statement with its signed bytes. */
export interface Statement {
  readonly statement: Reconciliation;
  readonly bytes: Buffer;
}

/** This node's statement of what it holds, signed. */
export async function state(
  { ipa, signer }: Pick<NodeParts, 'ipa' | 'signer'>,
  partner: IpaCode,
  { from, to }: Range,
  [first, second]: readonly [Holding, Holding],
  at: Date,
): Promise<Statement> {
  const events = ({ author, count, root }: Holding) => ({ author, count, root: root.toString('base64') });
  const statement: Reconciliation = {
    version: DOCUMENT_VERSION,
    by: ipa,
    with: partner,
    from,
    to,
    time: at.toISOString(),
    events: [events(first), events(second)],
  };
  return { statement, bytes: await signReconciliation(statement, signer, at) };
}

/**
 * A neighbour's statement, verified: signed by it, about its exchange with this node, over a range that is over.
 * @throws HubError `RECONCILIATION_STATEMENT_FOREIGN`, `RECONCILIATION_RANGE_INVALID`, those of `verifyReconciliation`
 */
export function screenStatement(
  bytes: Buffer,
  partner: IpaCode,
  { ipa, registry }: Pick<NodeParts, 'ipa' | 'registry'>,
  now: Date,
): Statement {
  const { statement } = verifyReconciliation(bytes, registry, now);
  if (!sameIpa(statement.by, partner) || !sameIpa(statement.with, ipa))
    throw new HubError(
      'RECONCILIATION_STATEMENT_FOREIGN',
      `the statement is of ${statement.by} about ${statement.with}, not of ${partner} about ${ipa}`,
    );
  requireOver(statement, now);
  return { statement, bytes };
}

/** Clocks differ: a neighbour's "now" may be a little ahead. @throws HubError `RECONCILIATION_RANGE_INVALID` */
export function requireOver({ from, to }: Range, now: Date): void {
  if (from < to && Date.parse(to) <= now.getTime() + SIGNING_TIME_TOLERANCE_MS) return;
  throw new HubError('RECONCILIATION_RANGE_INVALID', `${from}–${to} is no range that is over`);
}

/** What a statement says of one author, in the form that trees have. */
export function claimOf({ events }: Reconciliation, author: IpaCode): { count: number; root: Buffer } {
  const held = events.find((one) => sameIpa(one.author, author));
  return { count: held?.count ?? 0, root: Buffer.from(held?.root ?? '', 'base64') };
}
