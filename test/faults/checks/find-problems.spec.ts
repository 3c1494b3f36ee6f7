import { beforeAll, describe, expect, it } from 'vitest';
import { aDecision, aNetwork, aPractice } from '#testing';
import { Ledger } from '../flow/partner.ts';
import { findProblems } from './find-problems.ts';
import type { AuthorityHolds, HeldEvent, Holdings, Leaf } from './read-databases.ts';

/** A filing of c_d150, which concerns p_cr, as the router has placed it. */
let placed: HeldEvent;

beforeAll(async () => {
  const network = await aNetwork().founded();
  const filing = await aPractice(network).filedBy('c_d150').signed();
  const { item } = await aDecision(filing, 1);
  const { id, practice } = filing.event;
  placed = {
    author: 'c_d150',
    eventId: id,
    practice: `${practice.owner}/${practice.uuid}`,
    position: 1,
    bytes: filing.bytes,
    decision: item,
    status: 'accepted',
  };
});

/** All as it should be, but for what is changed. */
function holdings(changed: Partial<Holdings> = {}): Holdings {
  return {
    routed: [placed],
    authorities: [authority('c_d150', { receipts: [RECEIPT()] }), authority('p_cr')],
    leaves: [
      leaf('event', placed.bytes),
      leaf('decision', placed.decision),
      leaf('receipt', Buffer.from('r')),
    ],
    checkpoint: null,
    standing: [],
    ...changed,
  };
}

const RECEIPT = () => ({
  author: 'c_d150',
  eventId: placed.eventId,
  by: 'p_cr',
  kind: 'received',
  bytes: Buffer.from('r'),
});

function authority(name: string, changed: Partial<AuthorityHolds> = {}): AuthorityHolds {
  const key = `${placed.author}/${placed.eventId}`;
  return {
    name,
    events: [placed],
    receipts: [],
    states: new Map(),
    told: [{ author: placed.author, eventId: placed.eventId, times: 1 }],
    seen: new Set([key]),
    missing: [],
    withDocuments: new Set(),
    ...changed,
  };
}

function leaf(kind: Leaf['kind'], bytes: Buffer | null): Leaf {
  const isReceipt = kind === 'receipt';
  const { author, eventId } = placed;
  const speaker = isReceipt ? 'p_cr' : author;
  return {
    index: 0,
    kind,
    author,
    eventId,
    speaker,
    receiptKind: isReceipt ? 'received' : '',
    entry: Buffer.alloc(0),
    bytes,
  };
}

/** The partner was answered 201 for it. */
function promised(): Ledger {
  const ledger = new Ledger();
  ledger.promised.push({ author: 'c_d150', eventId: placed.eventId, practiceId: '' });
  return ledger;
}

/** What is found when the Provincia holds something else. */
function withProvince(changed: Partial<AuthorityHolds>): string[] {
  const authorities = [authority('c_d150', { receipts: [RECEIPT()] }), authority('p_cr', changed)];
  return findProblems(holdings({ authorities }), promised());
}

describe('the questions at the end', () => {
  it('find nothing where all is as promised', () => {
    expect(findProblems(holdings(), promised())).toEqual([]);
  });

  it('find an event that was answered 201 and has no position', () => {
    expect(findProblems(holdings({ routed: [], authorities: [], leaves: [] }), promised())).toEqual([
      expect.stringContaining('without a position'),
    ]);
  });

  it('find an event that nobody was told of, unless a caller without a key went unanswered', () => {
    const ledger = new Ledger();
    expect(findProblems(holdings(), ledger)).toEqual([expect.stringContaining('nobody was told of')]);
    ledger.unknown.set('c_d150', 1);
    expect(findProblems(holdings(), ledger)).toEqual([]);
  });

  it('find a gap in the positions', () => {
    const problems = findProblems(holdings({ routed: [{ ...placed, position: 2 }] }), promised());
    expect(problems).toContainEqual(expect.stringMatching(/has the positions 2$/));
  });

  it.each([
    ['an event that is not at a participant', () => ({ events: [] }), 'at p_cr: not there'],
    ['another place', () => ({ events: [{ ...placed, position: 2 }] }), 'position 2, not 1'],
    [
      'other bytes',
      () => ({ events: [{ ...placed, bytes: Buffer.from('x') }] }),
      'other bytes than at the router',
    ],
    [
      'another decision',
      () => ({ events: [{ ...placed, decision: Buffer.from('x') }] }),
      'another decision than at the router',
    ],
    ['an event that waits', () => ({ events: [{ ...placed, status: 'waiting' }] }), 'at p_cr: waiting'],
    ['an effect that happened twice', () => ({ told: [{ ...placed, times: 2 }] }), 'told 2 times'],
    ['an effect that did not happen', () => ({ told: [] }), 'told 0 times'],
    ['an event that is not claimed', () => ({ seen: new Set<string>() }), 'not among what it has seen'],
    [
      'a document that is missing',
      () => ({ missing: [{ eventId: placed.eventId, status: 'fetching' }] }),
      'a document is fetching',
    ],
  ])('find %s', (_, changed, words) => {
    expect(withProvince(changed())).toContainEqual(expect.stringContaining(words));
  });

  it('find a receipt, a decision or an event that is not in the log, or is there in other bytes', () => {
    const [event, decision, receipt] = holdings().leaves as [Leaf, Leaf, Leaf];
    const found = (leaves: readonly Leaf[]) => findProblems(holdings({ leaves }), promised());
    expect(found([event, decision])).toContainEqual(expect.stringMatching(/^receipt .*: not in the log/));
    expect(found([event, receipt])).toContainEqual(expect.stringMatching(/^decision .*: not in the log/));
    expect(found([decision, receipt])).toContainEqual(expect.stringMatching(/^event .*: not in the log/));
    expect(found([event, { ...decision, bytes: Buffer.from('x') }, receipt])).toContainEqual(
      expect.stringMatching(/^decision .*: other bytes in the log/),
    );
    expect(found([event, { ...decision, index: null }, receipt])).toContainEqual(
      expect.stringMatching(/^decision .*: without a place in the log/),
    );
  });

  it('find a checkpoint of other leaves than the log has, and a place without a leaf', () => {
    const found = (size: number, ...places: readonly (number | null)[]): string[] => {
      const leaves = places.map((index) => ({ ...leaf('event', placed.bytes), index }));
      const checkpoint = { size, note: Buffer.alloc(0) };
      return findProblems(holdings({ leaves, checkpoint }), promised()).filter((line) =>
        line.startsWith('the log has'),
      );
    };
    expect(found(3, 2, 0, 1, null)).toEqual([]);
    expect(found(4, 0, 1, 2)).toEqual(['the log has 3 leaves, its checkpoint says 4']);
    expect(found(2, 0, 1, 2)).toEqual(['the log has 3 leaves, its checkpoint says 2']);
    expect(found(3, 0, 2, 3)).toEqual(['the log has no leaf 1, and a leaf 2']);
  });

  it('find what stands still', () => {
    expect(findProblems(holdings({ standing: ['router-1: parked'] }), promised())).toEqual([
      'router-1: parked',
    ]);
  });
});
