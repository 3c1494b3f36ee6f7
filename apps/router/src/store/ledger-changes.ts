/** What a batch has changed in the ledgers of its practices: only that is written. Pure. */
import type { IpaCode, PracticeRef, SettledPractice } from '#contracts';
import type { Arrival, AuthorHead, Claim, PracticeLedger, Replaced } from '../routing/practice-ledger.ts';

/** A practice's identity in the router's tables. */
export type PracticeKey = Pick<PracticeRef, 'owner' | 'uuid'>;

/** A ledger as it was loaded, and as it is now. */
export interface KeptLedger {
  readonly key: PracticeKey;
  readonly before: PracticeLedger;
  readonly now: PracticeLedger;
}

/** Rows to write, each with its practice. */
export interface LedgerChanges {
  readonly practices: readonly (PracticeKey & SettledPractice & { readonly lastPosition: number })[];
  readonly heads: readonly (PracticeKey & { readonly author: IpaCode } & AuthorHead)[];
  readonly voided: readonly (PracticeKey & { readonly author: string; readonly number: string })[];
  readonly parked: readonly (PracticeKey & Claim)[];
  readonly replaced: readonly (PracticeKey & Replaced)[];
  /** Events that wait no longer. */
  readonly gone: readonly Arrival[];
  /** Events that wait from now on. */
  readonly waiting: readonly Arrival[];
}

/** A copy to compare with later: the entries themselves are never changed. */
export function copyOf(ledger: PracticeLedger): PracticeLedger {
  const { practice, lastPosition, heads, waiting, voided, parked, replaced } = ledger;
  return {
    practice,
    lastPosition,
    heads: new Map(heads),
    waiting: new Map(waiting),
    voided: new Set(voided),
    parked: new Map(parked),
    replaced: new Map(replaced),
  };
}

export function changesIn(ledgers: readonly KeptLedger[]): LedgerChanges {
  const rows = <Row extends object>(of: (ledger: KeptLedger) => readonly Row[]): (PracticeKey & Row)[] =>
    ledgers.flatMap((ledger) => of(ledger).map((row) => ({ ...ledger.key, ...row })));
  return {
    practices: rows(({ before, now: { practice, lastPosition } }) =>
      practice === null || lastPosition === before.lastPosition ? [] : [{ ...practice, lastPosition }],
    ),
    heads: rows(({ before, now }) =>
      changed(before.heads, now.heads).map(([author, head]) => ({ author, ...head })),
    ),
    voided: rows(({ before, now }) =>
      [...now.voided].filter((place) => !before.voided.has(place)).map(placeOf),
    ),
    parked: rows(({ before, now }) => changed(before.parked, now.parked).map(([, claim]) => claim)),
    replaced: rows(({ before, now }) => changed(before.replaced, now.replaced).map(([, one]) => one)),
    gone: ledgers.flatMap(({ before, now }) => changed(now.waiting, before.waiting).map(([, one]) => one)),
    waiting: ledgers.flatMap(({ before, now }) => changed(before.waiting, now.waiting).map(([, one]) => one)),
  };
}

/** The entries that are new, or another than before. */
function changed<Key, Value>(before: ReadonlyMap<Key, Value>, now: ReadonlyMap<Key, Value>): [Key, Value][] {
  return [...now].filter(([key, value]) => before.get(key) !== value);
}

function placeOf(place: string): { readonly author: string; readonly number: string } {
  const [author = '', number = ''] = place.split('#');
  return { author, number };
}
