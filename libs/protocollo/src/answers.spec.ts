import { describe, expect, it } from 'vitest';
import { parseEventId, parseIpaCode, type Receipt } from '#contracts';
import { answerMessage, type Answer } from './answers.ts';
import { ID } from './samples.fixture.ts';

const answer: Answer = {
  by: parseIpaCode('p_cr'),
  kind: 'registered',
  event: {
    author: parseIpaCode('c_d150'),
    id: parseEventId('018f0000-0000-7000-8000-000000000001'),
  },
  code: null,
  registration: { aoo: 'AOO-P', register: 'PG', number: '0000042', date: '2026-03-05' },
  cancellation: null,
};
const { body, aoo, register, number, date } = ID;
const sent = { body, aoo, register, number, date };

describe('answerMessage', () => {
  it('confirms with the receiver’s registration and the sender’s', () => {
    expect(answerMessage(answer, ID)).toEqual({
      kind: 'ConfermaRicezione',
      id: { body: 'p_cr', aoo: 'AOO-P', register: 'PG', number: '0000042', date: '2026-03-05' },
      received: { id: sent },
    });
  });

  it('refuses with AgID’s code, naming the event: what could not be read cannot name itself', () => {
    const refused: Answer = {
      ...answer,
      kind: 'registration-refused',
      code: 'PROTOCOL_SEAL_INVALID',
      registration: null,
    };
    expect(answerMessage(refused, ID)).toEqual({
      kind: 'NotificaEccezione',
      id: null,
      received: { description: 'Evento c_d150/018f0000-0000-7000-8000-000000000001' },
      reason: '001_ValidazioneFirma',
    });
    expect(answerMessage({ ...refused, code: 'SOMETHING_NEW' }, ID)).toMatchObject({
      reason: '000_Irricevibile',
    });
  });

  it('cancels with reason and authorising act', () => {
    const cancelled: Answer = {
      ...answer,
      kind: 'registration-cancelled',
      cancellation: { reason: 'registered-twice', act: 'DET/2026/7' },
    };
    expect(answerMessage(cancelled, ID)).toMatchObject({
      kind: 'AnnullamentoProtocollazione',
      id: { number: '0000042' },
      reason: 'Documento già registrato',
      act: 'DET/2026/7',
    });
  });

  it.each(['received', 'documents-complete', 'held', 'parked'] as const)(
    'is silent about %s, which is no registration',
    (kind: Receipt['kind']) => {
      expect(answerMessage({ ...answer, kind, registration: null }, ID)).toBeNull();
    },
  );
});
