import { describe, expect, it } from 'vitest';
import type { EventBody, EventId, HubEvent, IpaCode, Sha256 } from '#contracts';
import { HubError } from '#errors';
import { emptyLedger, takeIn, type Admission, type Arrival, type PracticeLedger } from './practice-ledger.ts';

const cremona = 'c_d150' as IpaCode;
const provincia = 'p_cr' as IpaCode;

function digestOf(author: IpaCode, number: number): Sha256 {
  return (author === cremona ? 'a' : 'b').repeat(60).concat(String(number).padStart(4, '0')) as Sha256;
}

function anArrival(
  author: IpaCode,
  number: number,
  change: Partial<{ body: EventBody; previous: Sha256 | null; copy: string }> = {},
): Arrival {
  const event = {
    id: `${author}-${number}${change.copy ?? ''}` as EventId,
    author: { ipa: author, office: 'SUAP' },
    sequence: {
      number,
      previous:
        change.previous === undefined
          ? number === 1
            ? null
            : digestOf(author, number - 1)
          : change.previous,
    },
    body: change.body ?? { type: 'filing.withdrawn' },
    procedure: { code: 'edilizia.scia', version: 1 },
  } as HubEvent;
  return {
    event,
    bytes: Buffer.from(event.id),
    digest: digestOf(author, number),
    signedInfoDigest: event.id as string as Sha256,
    origin: { topic: `practice.outbox.${author}`, partition: 0, offset: String(number) },
  };
}

const everyoneAdmitted: Admission = () => [];

function outcome(ledger: PracticeLedger, arrival: Arrival, admit = everyoneAdmitted): string[] {
  return takeIn(ledger, arrival, admit).map((p) =>
    p.kind === 'placed' ? `${p.arrival.event.id}@${p.position}` : `${p.arrival.event.id}!${p.error.code}`,
  );
}

describe('the ledger of a practice', () => {
  it('gives one gapless order to the events of all authors', () => {
    const ledger = emptyLedger();
    expect(outcome(ledger, anArrival(cremona, 1))).toEqual(['c_d150-1@1']);
    expect(outcome(ledger, anArrival(provincia, 1))).toEqual(['p_cr-1@2']);
    expect(outcome(ledger, anArrival(cremona, 2))).toEqual(['c_d150-2@3']);
  });

  it('holds what is behind a gap, of that author only, and places it when the gap heals', () => {
    const ledger = emptyLedger();
    outcome(ledger, anArrival(cremona, 1));
    expect(outcome(ledger, anArrival(provincia, 2))).toEqual([]);
    expect(outcome(ledger, anArrival(cremona, 2))).toEqual(['c_d150-2@2']);
    expect(outcome(ledger, anArrival(provincia, 1))).toEqual(['p_cr-1@3', 'p_cr-2@4']);
    expect(ledger.waiting.size).toBe(0);
  });

  it('parks a second event with a number that is taken, and one that waits', () => {
    const ledger = emptyLedger();
    outcome(ledger, anArrival(cremona, 1));
    expect(outcome(ledger, anArrival(cremona, 1, { copy: 'bis' }))).toEqual(['c_d150-1bis!EQUIVOCATION']);
    outcome(ledger, anArrival(cremona, 3));
    expect(outcome(ledger, anArrival(cremona, 3, { copy: 'bis' }))).toEqual(['c_d150-3bis!EQUIVOCATION']);
  });

  it('parks an event that does not name its author’s last one', () => {
    const ledger = emptyLedger();
    outcome(ledger, anArrival(cremona, 1));
    expect(outcome(ledger, anArrival(cremona, 2, { previous: digestOf(provincia, 1) }))).toEqual([
      'c_d150-2!PREVIOUS_DIGEST_MISMATCH',
    ]);
  });

  it('lets an author close the number of an event that can never pass', () => {
    const ledger = emptyLedger();
    outcome(ledger, anArrival(cremona, 1));
    const refuseSecond: Admission = (arrival) => {
      if (arrival.event.sequence.number === 2) throw new HubError('EQUIVOCATION', 'refused for the test');
      return [];
    };
    expect(outcome(ledger, anArrival(cremona, 2), refuseSecond)).toEqual(['c_d150-2!EQUIVOCATION']);
    expect(outcome(ledger, anArrival(cremona, 3))).toEqual([]);
    const voiding: EventBody = {
      type: 'event.voided',
      event: 'c_d150-2' as EventId,
      number: 2,
      digest: digestOf(cremona, 2),
      reason: 'parked',
    };
    expect(outcome(ledger, anArrival(cremona, 4, { body: voiding }))).toEqual(['c_d150-3@2', 'c_d150-4@3']);
    expect(outcome(ledger, anArrival(cremona, 2))).toEqual(['c_d150-2!EVENT_VOIDED']);
  });

  it('does not advance when the admission asks for another try', () => {
    const ledger = emptyLedger();
    const later = () => {
      throw new HubError('REGISTRY_BEHIND', 'not yet');
    };
    expect(() => takeIn(ledger, anArrival(cremona, 1), later)).toThrow('not yet');
    expect(ledger.lastPosition).toBe(0);
  });
});
