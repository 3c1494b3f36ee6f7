import type { ErrorPolicy } from '../policy.ts';

/** Codes of the protocol (protocollo informatico). The first seven are AgID's anomalies, Allegato 6. */
export const PROTOCOLLO_CODES = {
  PROTOCOL_NOT_RECEIVABLE: {
    http: 422,
    disposition: 'park',
    it: 'La segnatura di protocollo manca, non si legge o è di un altro messaggio (000_Irricevibile).',
    en: 'The segnatura di protocollo is missing, unreadable or of another message (000_Irricevibile).',
    remedy: {
      it: 'Avvisare l’ente mittente: il messaggio non è stato protocollato.',
      en: 'Tell the sending body: the message was not registered.',
    },
  },
  PROTOCOL_SEAL_INVALID: {
    http: 422,
    disposition: 'park',
    it: 'Il sigillo della segnatura non è valido o non è dell’ente mittente (001_ValidazioneFirma).',
    en: 'The seal of the segnatura is not valid, or not the sender’s (001_ValidazioneFirma).',
    remedy: {
      it: 'Avvisare l’ente mittente, che verifichi la propria chiave e invii di nuovo.',
      en: 'Tell the sending body to check its key and send again.',
    },
  },
  PROTOCOL_DIGEST_WRONG: {
    http: 422,
    disposition: 'park',
    it: 'Le impronte della segnatura non sono quelle dei documenti ricevuti (002_AnomaliaImpronte).',
    en: 'The digests in the segnatura are not those of the documents received (002_AnomaliaImpronte).',
    remedy: {
      it: 'Avvisare l’ente mittente, che invii di nuovo con le impronte giuste.',
      en: 'Tell the sending body to send again with the right digests.',
    },
  },
  PROTOCOL_DOCUMENT_UNREADABLE: {
    http: 422,
    disposition: 'park',
    it: 'Un documento non si legge (003_DocumentoAllegatiNonLeggibili).',
    en: 'A document cannot be read (003_DocumentoAllegatiNonLeggibili).',
    remedy: {
      it: 'Chiedere all’ente mittente il documento in un formato leggibile.',
      en: 'Ask the sending body for the document in a readable format.',
    },
  },
  PROTOCOL_DOCUMENT_SIGNATURE_INVALID: {
    http: 422,
    disposition: 'park',
    it: 'La firma di un documento non è valida (004_DocumentoAllegatiErroreValidazioneFirma).',
    en: 'The signature of a document is not valid (004_DocumentoAllegatiErroreValidazioneFirma).',
    remedy: {
      it: 'Chiedere il documento firmato in modo valido.',
      en: 'Ask for the document with a valid signature.',
    },
  },
  PROTOCOL_DOCUMENT_TIMESTAMP_INVALID: {
    http: 422,
    disposition: 'park',
    it: 'La marca temporale di un documento non è valida (005_DocumentoAllegatiErroreVaidazioneMarcaTemporale).',
    en: 'The timestamp of a document is not valid (005_DocumentoAllegatiErroreVaidazioneMarcaTemporale).',
    remedy: {
      it: 'Chiedere il documento con una marca temporale valida.',
      en: 'Ask for the document with a valid timestamp.',
    },
  },
  PROTOCOL_DOCUMENT_SEAL_INVALID: {
    http: 422,
    disposition: 'park',
    it: 'Il sigillo di un documento non è valido (006_DocumentoAllegatiErroreValidazioneSigillo).',
    en: 'The seal of a document is not valid (006_DocumentoAllegatiErroreValidazioneSigillo).',
    remedy: {
      it: 'Chiedere il documento con un sigillo valido.',
      en: 'Ask for the document with a valid seal.',
    },
  },
  PROTOCOL_ENTRY_NOT_FOUND: {
    http: 404,
    disposition: 'park',
    it: 'Il registro di protocollo non ha questa registrazione (007_ErroreIdentificatoreNonTrovato).',
    en: 'The protocol register has no such entry (007_ErroreIdentificatoreNonTrovato).',
    remedy: {
      it: 'Verificare registro, anno e numero.',
      en: 'Check register, year and number.',
    },
  },
  PROTOCOL_NUMBER_LOST: {
    http: 410,
    disposition: 'park',
    it: 'Il numero di protocollo fu assegnato prima di un ripristino della banca dati, e nessuno può dire a quale messaggio: non sarà assegnato mai più.',
    en: 'The protocol number was given out before the database was restored, and nobody can tell to which message: it is never given again.',
    remedy: {
      it: 'Annotarlo nel registro di emergenza o in un verbale: GET /v1/protocol/lost elenca i numeri persi.',
      en: 'Put it on record outside the register: GET /v1/protocol/lost lists the numbers that are lost.',
    },
  },
  PROTOCOL_NUMBER_AWAITED: {
    http: 503,
    disposition: 'retry',
    it: 'Il numero di protocollo fu assegnato prima di un ripristino della banca dati: il messaggio è noto e sarà registrato di nuovo con questo numero quando torna.',
    en: 'The protocol number was given out before the database was restored: its message is known, and is registered under it again when it is back.',
    remedy: {
      it: 'Attendere; se dura, guardare documenti mancanti (/v1/lost-documents) e messaggi in quarantena.',
      en: 'Wait; if it lasts, look at missing documents (/v1/lost-documents) and at what is in quarantine.',
    },
  },
  PROTOCOL_ALREADY_CANCELLED: {
    http: 409,
    disposition: 'park',
    it: 'La registrazione è già annullata: l’annullamento non si può cambiare.',
    en: 'The registration is cancelled already: a cancellation cannot be changed.',
    remedy: {
      it: 'Leggere la registrazione: porta motivo e provvedimento.',
      en: 'Read the entry: it carries reason and authorising act.',
    },
  },
  PROTOCOL_NOT_PLACED: {
    http: 409,
    disposition: 'retry',
    it: 'L’evento registrato non ha ancora la sua posizione: gli altri enti non lo conoscono.',
    en: 'The registered event has no position yet: the other bodies do not know it.',
    remedy: { it: 'Riprovare fra poco.', en: 'Try again in a moment.' },
  },
  PROTOCOL_DAY_OPEN: {
    http: 409,
    disposition: 'retry',
    it: 'Il giorno non è ancora finito: il registro giornaliero può ancora cambiare.',
    en: 'The day is not over: its register may still change.',
    remedy: {
      it: 'Chiederlo dopo mezzanotte, ora italiana.',
      en: 'Ask for it after midnight in Italy.',
    },
  },
  PROTOCOL_MESSAGE_INVALID: {
    http: 422,
    disposition: 'park',
    it: 'Il documento di protocollo non è della forma prevista da AgID (Allegato 6).',
    en: 'The protocol document is not of the form that AgID prescribes (Allegato 6).',
    remedy: {
      it: 'Confrontarlo con lo schema pubblicato da AgID.',
      en: 'Compare it with the schema that AgID publishes.',
    },
  },
  SEGNATURA_NOT_HERE: {
    http: 404,
    disposition: 'park',
    it: 'La segnatura di questo evento non è (ancora) su questo nodo.',
    en: 'The segnatura of this event is not (yet) at this node.',
    remedy: {
      it: 'Attendere che i documenti siano completi.',
      en: 'Wait until the documents are complete.',
    },
  },
  CONFIRMATION_NOT_HERE: {
    http: 404,
    disposition: 'park',
    it: 'Di questo ente non c’è (ancora) conferma, eccezione o annullamento per questo evento.',
    en: 'There is no confirmation, exception or cancellation of that body for this event (yet).',
    remedy: {
      it: 'Leggere …/protocol per sapere chi ha risposto.',
      en: 'Read …/protocol to see who has answered.',
    },
  },
} as const satisfies Record<string, ErrorPolicy>;
