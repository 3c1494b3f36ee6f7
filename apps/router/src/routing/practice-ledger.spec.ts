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
  change: Partial<{ body: EventBody; previous: Sha256 | null; copy: string; replaces: string }> = {},
): Arrival {
  const event = {
    id: `${author}-${number}${change.copy ?? ''}` as EventId,
    replaces: (change.replaces ?? null) as EventId | null,
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
    signer: 'c'.repeat(64) as Sha256,
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

  const refusing =
    (...ids: string[]): Admission =>
    ({ event }) => {
      if (ids.includes(event.id)) throw new HubError('TYPE_NOT_GRANTED', 'refused for the test');
      return [];
    };

  it('keeps the number of a parked event for that event, its copies, and what its author says replaces it', () => {
    const ledger = emptyLedger();
    outcome(ledger, anArrival(cremona, 1));
    expect(outcome(ledger, anArrival(cremona, 2), refusing('c_d150-2'))).toEqual([
      'c_d150-2!TYPE_NOT_GRANTED',
    ]);
    expect(outcome(ledger, anArrival(cremona, 2, { copy: 'bis' }))).toEqual(['c_d150-2bis!EQUIVOCATION']);
    expect(outcome(ledger, anArrival(cremona, 2, { copy: 'ter', replaces: 'c_d150-2bis' }))).toEqual([
      'c_d150-2ter!EQUIVOCATION',
    ]);
    const replacement = anArrival(cremona, 2, { copy: 'new', replaces: 'c_d150-2' });
    expect(outcome(ledger, replacement)).toEqual(['c_d150-2new@2']);
    expect(outcome(ledger, anArrival(cremona, 2))).toEqual(['c_d150-2!EVENT_REPLACED']);
  });

  it('places a parked event whose reason has gone, if nothing replaced it', () => {
    const ledger = emptyLedger();
    outcome(ledger, anArrival(cremona, 1), refusing('c_d150-1'));
    expect(outcome(ledger, anArrival(cremona, 1))).toEqual(['c_d150-1@1']);
  });

  it('lets a replacement be replaced, each time saying which', () => {
    const ledger = emptyLedger();
    outcome(ledger, anArrival(cremona, 1), refusing('c_d150-1'));
    const second = anArrival(cremona, 1, { copy: 'b', replaces: 'c_d150-1' });
    expect(outcome(ledger, second, refusing('c_d150-1b'))).toEqual(['c_d150-1b!TYPE_NOT_GRANTED']);
    expect(outcome(ledger, anArrival(cremona, 1, { copy: 'c', replaces: 'c_d150-1' }))).toEqual([
      'c_d150-1c!EQUIVOCATION',
    ]);
    expect(outcome(ledger, anArrival(cremona, 1, { copy: 'd', replaces: 'c_d150-1b' }))).toEqual([
      'c_d150-1d@1',
    ]);
  });

  it('parks an event that waits when its author replaces it, and what came late of it', () => {
    const ledger = emptyLedger();
    outcome(ledger, anArrival(cremona, 2));
    const replacement = anArrival(cremona, 2, { copy: 'new', replaces: 'c_d150-2' });
    expect(outcome(ledger, replacement)).toEqual(['c_d150-2!EVENT_REPLACED']);
    expect(outcome(ledger, anArrival(cremona, 1))).toEqual(['c_d150-1@1', 'c_d150-2new@2']);
  });

  it('refuses a replacement under another number, and of itself', () => {
    const ledger = emptyLedger();
    outcome(ledger, anArrival(cremona, 1), refusing('c_d150-1'));
    expect(outcome(ledger, anArrival(cremona, 2, { replaces: 'c_d150-1' }))).toEqual([
      'c_d150-2!REPLACEMENT_MISMATCH',
    ]);
    expect(outcome(ledger, anArrival(cremona, 3, { replaces: 'c_d150-3' }))).toEqual([
      'c_d150-3!REPLACEMENT_MISMATCH',
    ]);
  });

  it('parks what chained to the replaced event until it is issued again behind the replacement', () => {
    const ledger = emptyLedger();
    outcome(ledger, anArrival(cremona, 1), refusing('c_d150-1'));
    outcome(ledger, anArrival(cremona, 2));
    const replacement = {
      ...anArrival(cremona, 1, { copy: 'b', replaces: 'c_d150-1' }),
      digest: digestOf(provincia, 9),
    };
    expect(outcome(ledger, replacement)).toEqual(['c_d150-1b@1', 'c_d150-2!PREVIOUS_DIGEST_MISMATCH']);
    const again = anArrival(cremona, 2, {
      copy: 'b',
      replaces: 'c_d150-2',
      previous: digestOf(provincia, 9),
    });
    expect(outcome(ledger, again)).toEqual(['c_d150-2b@2']);
  });
});
