import type { ErrorPolicy } from '../policy.ts';

/** Codes of the end of retention periods. */
export const RETENTION_CODES = {
  RETENTION_NOTHING_DUE: {
    http: 409,
    disposition: 'park',
    it: 'Nessuna pratica ha superato il periodo di conservazione.',
    en: 'No practice is past its retention period.',
    remedy: {
      it: 'Controllare i periodi (RETENTION_FILE) e il piano: `reset-hub retention plan`.',
      en: 'Check the periods (RETENTION_FILE) and the plan: `reset-hub retention plan`.',
    },
  },
  RETENTION_STORE_UNSEALED: {
    http: 409,
    disposition: 'retry',
    it: 'L’archivio dei documenti non è ancora tutto cifrato: distruggere le chiavi non basterebbe.',
    en: 'The store of documents is not all sealed yet: destroying keys would not be enough.',
    remedy: {
      it: 'Attendere che il nodo abbia finito di cifrarlo; /health (document-keys) dice quanto manca e perché.',
      en: 'Wait until the node has sealed it; /health (document-keys) says how far it is, and what is in the way.',
    },
  },
  RETENTION_REQUEST_NOT_FOUND: {
    http: 404,
    disposition: 'park',
    it: 'Questo nodo non ha una richiesta di scarto con questo identificativo.',
    en: 'This node has no request to destroy documents with this id.',
    remedy: {
      it: 'Controllare l’elenco: `reset-hub retention list`.',
      en: 'Check the list: `reset-hub retention list`.',
    },
  },
  RETENTION_REQUEST_CLOSED: {
    http: 409,
    disposition: 'park',
    it: 'La richiesta di scarto è già stata decisa.',
    en: 'The request to destroy documents has been decided already.',
    remedy: {
      it: 'Se serve ancora, farne una nuova: `reset-hub retention apply`.',
      en: 'If it is still wanted, make a new one: `reset-hub retention apply`.',
    },
  },
  RETENTION_REQUEST_EXPIRED: {
    http: 409,
    disposition: 'park',
    it: 'La richiesta di scarto è scaduta senza che una seconda persona l’abbia approvata.',
    en: 'The request to destroy documents expired before a second person had approved it.',
    remedy: {
      it: 'Farne una nuova: `reset-hub retention apply`.',
      en: 'Make a new one: `reset-hub retention apply`.',
    },
  },
  RETENTION_SAME_PERSON: {
    http: 403,
    disposition: 'park',
    it: 'Lo scarto va deciso da una seconda persona, con un proprio token esistente prima della richiesta.',
    en: 'A second person has to decide, with a token of their own that was there before the request.',
    remedy: {
      it: 'Far approvare o rifiutare la richiesta a un’altra persona autorizzata, con il suo token.',
      en: 'Have another authorised person approve or refuse the request, with their token.',
    },
  },
  RETENTION_OTHER_PERSON: {
    http: 403,
    disposition: 'park',
    it: 'Solo chi ha fatto la richiesta può ritirarla.',
    en: 'Only whoever made the request can withdraw it.',
    remedy: {
      it: 'Chi non è d’accordo la rifiuta: `reset-hub retention refuse`.',
      en: 'Whoever does not agree refuses it: `reset-hub retention refuse`.',
    },
  },
} as const satisfies Record<string, ErrorPolicy>;
