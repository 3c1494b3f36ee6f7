import type { CancellationReason, Receipt } from '#contracts';
import { anomalyOf } from './anomalies.ts';
import type { ProtocolId, ProtocolMessage } from './model.ts';

/** Motivo of a cancellation, by the code that travels. */
const REASONS: Readonly<Record<CancellationReason, string>> = {
  'registered-in-error': 'Registrazione effettuata per errore',
  'registered-twice': 'Documento già registrato',
  'wrong-addressee': 'Destinatario errato',
  'content-replaced': 'Contenuto sostituito dal mittente',
};

/** What an answer needs of a receipt: whoever gave it and whoever got it say the same. */
export interface Answer extends Pick<Receipt, 'by' | 'kind' | 'code' | 'registration' | 'cancellation'> {
  readonly event: Pick<Receipt['event'], 'author' | 'id'>;
}

/**
 * The message that a receipt stands for: ConfermaRicezione, NotificaEccezione or AnnullamentoProtocollazione. It follows
 * from receipt and sender's registration alone, so that both sides write the same bytes. A refused message is named by
 * its event: what the receiver could not trust or read cannot name it.
 *
 * @param sent registration of the message at its sender, which the sender has in its register and the receiver in the
 *   segnatura
 * @returns null for a receipt that speaks of no registration
 */
export function answerMessage(answer: Answer, sent: ProtocolId | null): ProtocolMessage | null {
  const { by, kind, event, code, registration, cancellation } = answer;
  const description = `Evento ${event.author}/${event.id}`;
  if (kind === 'registration-refused')
    return { kind: 'NotificaEccezione', id: null, received: { description }, reason: anomalyOf(code) };
  if (registration === null) return null;
  const id = { body: by, ...registration };
  if (kind === 'registered') {
    const received = sent === null ? { description } : { id: withoutTime(sent) };
    return { kind: 'ConfermaRicezione', id, received };
  }
  if (kind !== 'registration-cancelled' || cancellation === null) return null;
  return {
    kind: 'AnnullamentoProtocollazione',
    id,
    reason: REASONS[cancellation.reason],
    act: cancellation.act,
  };
}

function withoutTime({ body, aoo, register, number, date }: ProtocolId): ProtocolId {
  return { body, aoo, register, number, date };
}
