/** A decision, a receipt and an operator's action about the event of `anEvent`. */
import { parseSha256, type Decision, type OperatorAction, type Receipt } from '#contracts';
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

export function actionAt(outcome: string, node = 'c_d150'): OperatorAction {
  return {
    version: '1.0',
    id,
    kind: 'quarantine.released',
    node,
    role: 'authority',
    time: NOW.toISOString(),
    outcome,
    actors: [{ kind: 'token', reference: parseSha256('ab'.repeat(32)) }],
    reason: null,
    record: null,
    event: { author: author.ipa, id },
    practice: { owner: practice.owner, uuid: practice.uuid },
    set: null,
    details: [],
  };
}
