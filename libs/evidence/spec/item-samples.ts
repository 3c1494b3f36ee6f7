/** A decision and a receipt about the event of `anEvent`. */
import { parseSha256, type Decision, type Receipt } from '#contracts';
import { anEvent, NOW } from '../test-support.ts';

const { id, author, practice, type, procedure, registry } = anEvent();
const event = { author: author.ipa, id, digest: parseSha256('ab'.repeat(32)) };

export function decisionAt(position: number, router = 'router-1'): Decision {
  return {
    version: '1.0',
    router,
    time: NOW.toISOString(),
    event: { ...event, type, signedInfoDigest: parseSha256('ef'.repeat(32)) },
    practice,
    position,
    registry,
    procedure,
    participants: [
      {
        ipa: author.ipa,
        joined: true,
        part: 'owner',
        regime: 'scia',
        term: { days: 30, kind: 'calendar' },
        legalBasis: 'dpr-380-2001-art-22',
        rule: 'owner',
      },
    ],
    rules: [],
  };
}

export function receiptAt(position: number): Receipt {
  const { ipa: by } = author;
  return {
    version: '1.0',
    kind: 'received',
    by,
    time: NOW.toISOString(),
    event,
    practice,
    position,
    code: null,
    registration: null,
    cancellation: null,
  };
}
