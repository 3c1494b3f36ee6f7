import type { ConclusionOutcome, EventBody, EventType, HubEvent, ProceedingOutcome } from '#contracts';

/** What an event is, in the words of an Italian register. */
const PHRASES: Readonly<Record<EventType, string>> = {
  'practice.filed': 'presentazione',
  'correction.requested': 'richiesta di regolarizzazione',
  'correction.provided': 'regolarizzazione',
  'integration.requested': 'richiesta di integrazione documentale',
  'integration.provided': 'integrazione documentale',
  'conclusion.issued': 'conclusione',
  'proceeding.ended': 'chiusura del procedimento',
  'filing.withdrawn': 'rinuncia',
  'external.notified': 'notifica a mezzo PEC a ente terzo',
  'event.voided': 'annullamento di un evento',
};

const OUTCOMES: Readonly<Record<ConclusionOutcome | ProceedingOutcome, string>> = {
  favourable: 'favorevole',
  'favourable-with-conditions': 'favorevole con condizioni',
  unfavourable: 'non favorevole',
  'suspension-requested': 'richiesta di sospensione',
  'conformation-requested': 'richiesta di conformazione',
  positive: 'esito positivo',
  negative: 'esito negativo',
  refused: 'rifiuto',
  suspension: 'sospensione',
  'proceeding-time-expired': 'termine del procedimento decorso',
  'integration-time-expired': 'termine per integrare decorso',
  withdrawn: 'ritiro',
};

/**
 * Oggetto: what the message is about (art. 53 c. 1 lett. d DPR 445/2000). Of the procedure and the practice, never of a
 * person: a register is read by many.
 * @param title the procedure's, in Italian
 */
export function subjectOf({ body, practice }: Pick<HubEvent, 'body' | 'practice'>, title: string): string {
  const outcome = outcomeOf(body);
  const what = outcome === undefined ? PHRASES[body.type] : `${PHRASES[body.type]} (${OUTCOMES[outcome]})`;
  return `${title}: ${what}. Pratica ${practice.cui}`;
}

function outcomeOf(body: EventBody): ConclusionOutcome | ProceedingOutcome | undefined {
  return body.type === 'conclusion.issued' || body.type === 'proceeding.ended' ? body.outcome : undefined;
}
