/** Codes in Italian, for the summary. A code without a word here is shown as it is. */
import type {
  CertificateRole,
  ConclusionOutcome,
  DocumentRole,
  EventBody,
  EventType,
  Part,
  ProceedingOutcome,
  ReceiptKind,
  RevocationReason,
  Term,
  VoidReason,
} from '#contracts';

export const EVENT_WORDS: Readonly<Record<EventType, string>> = {
  'practice.filed': 'Presentazione dell’istanza',
  'correction.requested': 'Richiesta di regolarizzazione',
  'correction.provided': 'Regolarizzazione presentata',
  'integration.requested': 'Richiesta di integrazioni',
  'integration.provided': 'Integrazioni presentate',
  'conclusion.issued': 'Conclusione di un’amministrazione',
  'proceeding.ended': 'Fine del procedimento',
  'filing.withdrawn': 'Ritiro dell’istanza',
  'external.notified': 'Invio a un ente non aderente',
  'event.voided': 'Annullamento di un evento',
};

export const PART_WORDS: Readonly<Record<Part, string>> = {
  owner: 'titolare del procedimento',
  deciding: 'decide',
  opinion: 'esprime un parere',
  informed: 'è informata',
};

export const RECEIPT_WORDS: Readonly<Record<ReceiptKind, string>> = {
  received: 'evento ricevuto',
  'documents-complete': 'documenti ricevuti tutti',
  held: 'in attesa di un evento precedente',
  parked: 'non accettato',
  registered: 'registrato al protocollo',
  'registration-refused': 'registrazione di protocollo rifiutata',
  'registration-cancelled': 'registrazione di protocollo annullata',
};

export const DOCUMENT_WORDS: Readonly<Record<DocumentRole, string>> = {
  form: 'modulo',
  attachment: 'allegato',
  act: 'atto',
  manifest: 'elenco dei documenti',
  notification: 'notifica',
  segnatura: 'segnatura di protocollo',
};

export const ROLE_WORDS: Readonly<Record<CertificateRole, string>> = {
  authority: 'amministrazione',
  router: 'instradatore',
  registry: 'registro della rete',
  auditor: 'revisore (registro di trasparenza)',
};

const CONCLUSION_WORDS: Readonly<Record<ConclusionOutcome, string>> = {
  favourable: 'favorevole',
  'favourable-with-conditions': 'favorevole con prescrizioni',
  unfavourable: 'non favorevole',
  'suspension-requested': 'chiede la sospensione dell’attività',
  'conformation-requested': 'chiede la conformazione dell’attività',
};

const PROCEEDING_WORDS: Readonly<Record<ProceedingOutcome, string>> = {
  positive: 'positivo',
  negative: 'negativo',
  refused: 'irricevibile o respinta',
  suspension: 'sospensione dell’attività',
  'proceeding-time-expired': 'termine del procedimento trascorso',
  'integration-time-expired': 'termine per le integrazioni trascorso',
  withdrawn: 'istanza ritirata',
};

const VOID_WORDS: Readonly<Record<VoidReason, string>> = {
  parked: 'non era stato accettato',
  'issued-in-error': 'era stato emesso per errore',
};

const REVOCATION_WORDS: Readonly<Record<RevocationReason, string>> = {
  'key-compromise': 'chiave compromessa',
  superseded: 'sostituita dalla chiave successiva',
  cessation: 'cessata',
};

/** What an event says beyond its type. */
export function bodyWords(body: EventBody): string {
  switch (body.type) {
    case 'correction.requested':
    case 'integration.requested':
      return `entro ${termWords(body.term)}`;
    case 'conclusion.issued':
      return `esito: ${CONCLUSION_WORDS[body.outcome]}`;
    case 'proceeding.ended':
      return `esito: ${PROCEEDING_WORDS[body.outcome]}`;
    case 'external.notified':
      return `a ${body.recipient} via PEC, accettata il ${italianTime(body.at)}`;
    case 'event.voided':
      return `evento ${body.event}: ${VOID_WORDS[body.reason]}`;
    case 'practice.filed':
      return `modulo ${body.form.root}, versione ${body.form.version}`;
    case 'correction.provided':
    case 'integration.provided':
    case 'filing.withdrawn':
      return '';
  }
}

export function termWords({ days, kind }: Term): string {
  return `${days} giorni${kind === 'working' ? ' lavorativi' : ''}`;
}

/** @param reason null where the issuer's own list has revoked it */
export function revocationWords(from: string, reason: RevocationReason | null): string {
  const why = reason === null ? 'dalla lista dell’emittente' : REVOCATION_WORDS[reason];
  return `revocato dal ${italianTime(from)} (${why})`;
}

/** Figures only: their order and signs do not depend on the version of any table of words. */
const IN_ITALY = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'Europe/Rome',
  hourCycle: 'h23',
  ...{
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  },
});

/** A moment as a clock in Italy shows it: `04/03/2026, 06:06:07`. */
export function italianTime(moment: string | Date): string {
  const parts = new Map(
    IN_ITALY.formatToParts(new Date(moment)).map(({ type, value }) => [type, value] as const),
  );
  const part = (name: Intl.DateTimeFormatPartTypes): string => parts.get(name) ?? '';
  return `${part('day')}/${part('month')}/${part('year')}, ${part('hour')}:${part('minute')}:${part('second')}`;
}

/** A day: `2026-03-04` as `04/03/2026`. */
export function italianDay(day: string): string {
  return day.split('-').toReversed().join('/');
}
