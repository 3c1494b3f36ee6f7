/** How a node signs that operators have read: one action for the accesses of a minute. docs/adr/0043. */
import type { OperatorAction } from './action.ts';

/** Its kind as an action, and its type as a leaf. */
export const ACCESS_ANCHORED = 'access.anchored';

/** What an anchor says of the accesses that it stands for. */
export interface AnchoredAccesses {
  /** RFC 6962 root over the canonical accesses, 32 bytes in base64. */
  readonly root: string;
  readonly size: number;
  /** When the first and the last of them was answered, `YYYY-MM-DDTHH:MM:SS.mmmZ`. */
  readonly from: string;
  readonly to: string;
}

const MOMENT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;

/** The accesses that an action anchors; null for any other action. */
export function anchoredAccesses({ kind, set, details }: OperatorAction): AnchoredAccesses | null {
  if (kind !== ACCESS_ANCHORED || set === null) return null;
  const [from, to] = ['from', 'to'].map((name) => details.find((one) => one.name === name)?.value);
  const isTimed = from !== undefined && to !== undefined && MOMENT.test(from) && MOMENT.test(to);
  return isTimed ? { root: set.root, size: set.size, from, to } : null;
}

/** An anchor's details, as `anchoredAccesses` reads them. */
export function anchorDetails({
  from,
  to,
}: Pick<AnchoredAccesses, 'from' | 'to'>): OperatorAction['details'] {
  return [
    { name: 'from', value: from },
    { name: 'to', value: to },
  ];
}
