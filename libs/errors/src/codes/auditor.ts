import type { ErrorPolicy } from '../policy.ts';

/** Codes of the auditor's node. `PROOF_NOT_YET` is shared with the authorities and stands among theirs. */
export const AUDITOR_CODES = {
  AUTHOR_AMBIGUOUS: {
    http: 409,
    disposition: 'park',
    it: 'Più enti hanno usato questo identificativo di evento.',
    en: 'More than one body has used this event id.',
    remedy: {
      it: 'Aggiungere ?author= con il codice IPA di uno degli enti elencati.',
      en: 'Add ?author= with the IPA code of one of the bodies listed.',
    },
  },
  LOG_LEAF_CONTRADICTED: {
    http: 409,
    disposition: 'park',
    it: 'Il registro ha già una voce per questo evento, con un altro contenuto.',
    en: 'The log already has an entry for this event, with another content.',
    remedy: {
      it: 'Due documenti firmati si contraddicono: conservarli entrambi e chiedere conto a chi li ha firmati.',
      en: 'Two signed documents contradict each other: keep both and ask whoever signed them.',
    },
  },
  LOG_NOT_READY: {
    http: 503,
    disposition: 'retry',
    it: 'Il registro non ha ancora pubblicato un checkpoint.',
    en: 'The log has not published a checkpoint yet.',
    remedy: {
      it: 'Riprovare tra qualche secondo; se dura, controllare /health.',
      en: 'Try again in a few seconds; if it lasts, look at /health.',
    },
  },
  LOG_SIZE_UNKNOWN: {
    http: 404,
    disposition: 'retry',
    it: 'Il registro non ha ancora questa dimensione.',
    en: 'The log has not grown to this size.',
    remedy: {
      it: 'Chiedere una dimensione non maggiore di quella dell’ultimo checkpoint.',
      en: 'Ask for a size no larger than that of the latest checkpoint.',
    },
  },
  LOG_KEY_NOT_OF_LOG: {
    http: 500,
    disposition: 'park',
    it: 'La chiave configurata non è quella di questo registro.',
    en: 'The configured key is not the key of this log.',
    remedy: {
      it: 'Ripristinare LOG_ORIGIN e LOG_KEY_FILE con cui il registro è nato, o usare un database vuoto.',
      en: 'Restore the LOG_ORIGIN and LOG_KEY_FILE that the log began with, or use an empty database.',
    },
  },
  LOG_STATE_DAMAGED: {
    http: 500,
    disposition: 'retry',
    it: 'I valori conservati del registro non portano alla radice pubblicata: il registro si ferma.',
    en: 'The stored hashes do not lead to the published root: the log stops growing.',
    remedy: {
      it: 'Non modificare nulla: ripristinare il database dalla copia e confrontare con l’ultimo checkpoint noto.',
      en: 'Change nothing: restore the database from its backup and compare it with the last known checkpoint.',
    },
  },
  LOG_FILES_UNWRITABLE: {
    http: 500,
    disposition: 'retry',
    it: 'I file del registro non si possono scrivere o leggere.',
    en: 'The log’s files cannot be written or read.',
    remedy: {
      it: 'Controllare la cartella, i permessi e il disco; si riprova da sé.',
      en: 'Look at the folder, its permissions and the disk; it is tried again by itself.',
    },
  },
  LOG_FILES_DAMAGED: {
    http: 500,
    disposition: 'retry',
    it: 'I file del registro nella cartella non sono quelli di cui parla il loro checkpoint.',
    en: 'The log’s files in the folder are not those that their checkpoint is about.',
    remedy: {
      it: 'Cercare chi li ha cambiati. Con una cartella vuota si riscrivono per intero dal database.',
      en: 'Find out who changed them. With an empty folder they are all written again from the database.',
    },
  },
  LOG_FILES_CONTRADICTED: {
    http: 500,
    disposition: 'retry',
    it: 'Il checkpoint firmato nella cartella e il database non appartengono alla stessa storia.',
    en: 'The signed checkpoint in the folder and the database do not belong to one history.',
    remedy: {
      it: 'Fermare l’auditor e conservare la cartella: il database è stato alterato o ripristinato da una copia vecchia.',
      en: 'Stop the auditor and keep the folder: the database was altered, or restored from an old copy.',
    },
  },
  ARCHIVE_NOT_FOUND: {
    http: 404,
    disposition: 'park',
    it: 'L’archivio non contiene nulla con questa impronta.',
    en: 'The archive holds nothing with this digest.',
    remedy: {
      it: 'Copiare lo sha256 dalla voce del registro.',
      en: 'Copy the sha256 from the log entry.',
    },
  },
} as const satisfies Record<string, ErrorPolicy>;
