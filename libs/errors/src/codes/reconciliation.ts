import type { ErrorPolicy } from '../policy.ts';

/** Codes of reconciliation: two authorities compare what they hold of their exchange. */
export const RECONCILIATION_CODES = {
  RECONCILIATION_NOT_FOUND: {
    http: 404,
    disposition: 'park',
    it: 'Questo nodo non ha un confronto con questo identificativo.',
    en: 'This node has no reconciliation with this id.',
    remedy: { it: 'Elencare i confronti e riprovare.', en: 'List the reconciliations and try again.' },
  },
  RECONCILIATION_RANGE_INVALID: {
    http: 400,
    disposition: 'park',
    it: 'L’intervallo da confrontare non è valido.',
    en: 'The range to be compared is not valid.',
    remedy: {
      it: 'Indicare un inizio precedente alla fine, e una fine già trascorsa.',
      en: 'Give a beginning before the end, and an end that is over.',
    },
  },
  RECONCILIATION_RANGE_UNSETTLED: {
    http: 409,
    disposition: 'retry',
    it: 'L’intervallo finisce troppo vicino ad adesso: degli eventi possono essere ancora in viaggio.',
    en: 'The range ends too close to now: events may still be on their way.',
    remedy: {
      it: 'Omettere la fine, o indicarne una precedente.',
      en: 'Leave the end out, or give an earlier one.',
    },
  },
  RECONCILIATION_PARTNER_UNKNOWN: {
    http: 404,
    disposition: 'park',
    it: 'Il registro non conosce un altro ente aderente con questo codice e un nodo.',
    en: 'The registry knows no other joined body of this code with a node.',
    remedy: {
      it: 'Verificare il codice IPA dell’altro ente.',
      en: 'Check the IPA code of the other body.',
    },
  },
  RECONCILIATION_ANSWER_INVALID: {
    http: 502,
    disposition: 'park',
    it: 'Il nodo dell’altro ente dà risposte che non tornano con quanto ha firmato o con il protocollo.',
    en: 'The other body’s node gives answers that do not add up with what it signed, or break the protocol.',
    remedy: {
      it: 'Avvisare il gestore del nodo indicato; la dichiarazione firmata è conservata con il confronto.',
      en: 'Tell the operator of the node named; its signed statement is kept with the reconciliation.',
    },
  },
  RECONCILIATION_STATEMENT_FOREIGN: {
    http: 403,
    disposition: 'park',
    it: 'La dichiarazione non è del nodo che chiama, o non riguarda questo ente.',
    en: 'The statement is not the calling node’s own, or is not about this body.',
    remedy: {
      it: 'Firmare la dichiarazione con la propria chiave, fra il proprio ente e quello interpellato.',
      en: 'Sign the statement with your own key, between your body and the one that is asked.',
    },
  },
  RECONCILIATION_DISAGREES: {
    http: 409,
    disposition: 'park',
    it: 'Le due dichiarazioni non concordano: non c’è certificato.',
    en: 'The two statements do not agree: there is no certificate.',
    remedy: {
      it: 'Confrontare di nuovo i due enti, poi verificare il nuovo certificato.',
      en: 'Compare the two bodies again, then verify the new certificate.',
    },
  },
  RECONCILIATION_DIFFERS: {
    http: 409,
    disposition: 'park',
    it: 'I due enti non hanno gli stessi eventi, e il rinvio non ha sanato tutte le differenze.',
    en: 'The two bodies do not hold the same events, and replay did not heal every difference.',
    remedy: {
      it: 'Leggere le differenze: ciascuna ha il suo codice. Sanata la causa, confrontare di nuovo.',
      en: 'Read the differences: each has its code. With the cause mended, compare again.',
    },
  },
  RECONCILIATION_COPIES_DIFFER: {
    http: 409,
    disposition: 'park',
    it: 'I due enti conservano lo stesso evento, o la sua decisione, con byte diversi.',
    en: 'The two bodies hold the same event, or its decision, in different bytes.',
    remedy: {
      it: 'Conservare entrambe le copie e avvisare il revisore: niente viene sovrascritto.',
      en: 'Keep both copies and tell the auditor: nothing is overwritten.',
    },
  },
} as const satisfies Record<string, ErrorPolicy>;
