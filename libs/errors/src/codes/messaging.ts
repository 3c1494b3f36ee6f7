import type { ErrorPolicy } from '../policy.ts';

/** Codes of `libs/persistence` and `libs/messaging`. */
export const MESSAGING_CODES = {
  DATABASE_UNAVAILABLE: {
    http: 503,
    disposition: 'retry',
    it: 'La base dati non è raggiungibile.',
    en: 'The database cannot be reached.',
    remedy: {
      it: 'Verificare che PostgreSQL sia attivo e che DATABASE_URL sia corretto; il sistema riprova da solo.',
      en: 'Check that PostgreSQL runs and that DATABASE_URL is right; the system tries again by itself.',
    },
  },
  TRANSACTION_CONFLICT: {
    http: 503,
    disposition: 'retry',
    it: 'Altre operazioni contemporanee hanno impedito di concludere questa.',
    en: 'Other operations at the same moment kept this one from finishing.',
    remedy: { it: 'Ripetere la richiesta.', en: 'Repeat the request.' },
  },
  MIGRATION_FAILED: {
    http: 500,
    disposition: 'retry',
    it: 'Lo schema della base dati non può essere aggiornato.',
    en: 'The database schema cannot be brought up to date.',
    remedy: {
      it: 'Leggere la causa nel registro: nulla è stato modificato; correggere e riavviare.',
      en: 'Read the cause in the log: nothing was changed; mend it and start again.',
    },
  },
  LEASE_LOST: {
    http: 503,
    disposition: 'retry',
    it: 'Un altro processo ha preso il posto di questo.',
    en: 'Another process has taken the place of this one.',
    remedy: {
      it: "Nessuna azione: l'altro processo prosegue il lavoro.",
      en: 'Nothing to do: the other process goes on with the work.',
    },
  },
  OUTBOX_BYTES_MISSING: {
    http: 500,
    disposition: 'retry',
    it: 'Un messaggio da inviare nomina un evento che la base dati non contiene più.',
    en: 'A record to be sent names an event that the database holds no more.',
    remedy: {
      it: 'Ripristinare la riga mancante da una copia della base dati; l’invio riprende da solo, nulla viene saltato.',
      en: 'Bring the missing row back from a copy of the database; sending goes on by itself, and skips nothing.',
    },
  },
  CURSOR_INVALID: {
    http: 400,
    disposition: 'park',
    it: 'Il cursore non è fra quelli emessi da questo servizio.',
    en: 'The cursor is not one that this service has issued.',
    remedy: {
      it: "Usare il cursore dell'ultima risposta così com'è, oppure ripartire senza cursore.",
      en: 'Use the cursor of the last answer as it is, or start again without one.',
    },
  },
  BROKER_UNAVAILABLE: {
    http: 503,
    disposition: 'retry',
    it: 'Il sistema di messaggistica non è raggiungibile.',
    en: 'The message broker cannot be reached.',
    remedy: {
      it: 'Verificare che Kafka sia attivo e che KAFKA_BROKERS sia corretto; il sistema riprova da solo.',
      en: 'Check that Kafka runs and that KAFKA_BROKERS is right; the system tries again by itself.',
    },
  },
  BROKER_REFUSED: {
    http: 503,
    disposition: 'retry',
    it: "Il sistema di messaggistica rifiuta l'operazione a questo certificato.",
    en: 'The message broker refuses the operation to this certificate.',
    remedy: {
      it: 'Verificare che il certificato sia quello in vigore e che le ACL lo nominino per intero.',
      en: 'Check that the certificate is the current one and that the ACLs name its full subject.',
    },
  },
  TOPIC_UNKNOWN: {
    http: 503,
    disposition: 'retry',
    it: 'Il topic non esiste.',
    en: 'The topic does not exist.',
    remedy: {
      it: 'Far creare il topic dal gestore della rete; i messaggi restano in attesa e partono da soli.',
      en: 'Have the operator of the network create the topic; the records wait and leave by themselves.',
    },
  },
  RECORD_TOO_LARGE: {
    http: 413,
    disposition: 'park',
    it: 'Il messaggio supera la dimensione massima di un record.',
    en: 'The message is larger than a record may be.',
    remedy: {
      it: 'Ridurre i documenti elencati o usare un documento manifesto.',
      en: 'List fewer documents, or use a manifest document.',
    },
  },
  RECORD_COMPRESSED: {
    http: 400,
    disposition: 'park',
    it: 'Il messaggio è in un blocco compresso, che nessun nodo della rete scrive: non viene decompresso né letto.',
    en: 'The record is in a compressed batch, which no node of the network writes: it is neither unpacked nor read.',
    remedy: {
      it: 'Chiedere a chi può scrivere sul topic di inviare i messaggi senza compressione.',
      en: 'Ask whoever may write to the topic to send its records uncompressed.',
    },
  },
  OFFSET_OUT_OF_RANGE: {
    http: 500,
    disposition: 'retry',
    it: 'La posizione di lettura non esiste più: alcuni messaggi potrebbero essere stati cancellati prima di essere letti.',
    en: 'The reading position no longer exists: messages may have been deleted before they were read.',
    remedy: {
      it: 'Recuperare gli eventi mancanti dal registro di audit o dagli autori, poi reimpostare la posizione del gruppo in modo esplicito.',
      en: "Fetch the missing events from the audit log or their authors, then set the group's position explicitly.",
    },
  },
  HANDLER_MISSING: {
    http: 500,
    disposition: 'retry',
    it: 'Un flusso di messaggi non ha chi lo tratta, o il contrario.',
    en: 'A stream of messages has no handler, or a handler has no stream.',
    remedy: {
      it: 'Dichiarare il flusso nel trasporto e un solo metodo @StreamHandler con lo stesso nome.',
      en: 'Declare the stream in the transport and exactly one @StreamHandler method of the same name.',
    },
  },
  HANDLER_DOUBLED: {
    http: 500,
    disposition: 'retry',
    it: 'Un flusso di messaggi ha più di un gestore.',
    en: 'A stream of messages has more than one handler.',
    remedy: {
      it: 'Lasciare un solo metodo @StreamHandler per flusso.',
      en: 'Keep exactly one @StreamHandler method for each stream.',
    },
  },
  HANDLER_OUTCOMES: {
    http: 500,
    disposition: 'park',
    it: 'Il gestore non ha risposto con un esito per ogni messaggio.',
    en: 'The handler did not answer with one outcome for each record.',
    remedy: {
      it: 'Il gestore deve restituire un esito per record, nello stesso ordine.',
      en: 'The handler must return one outcome for each record, in the same order.',
    },
  },
  HANDLER_FAILED: {
    http: 500,
    disposition: 'park',
    it: 'Il trattamento del messaggio fallisce ogni volta.',
    en: 'The handling of the record fails every time.',
    remedy: {
      it: 'Leggere la causa nella quarantena, correggere il nodo e rilasciare il messaggio.',
      en: 'Read the cause in the quarantine, mend the node and release the record.',
    },
  },
  KAFKA_CLIENT_CHANGED: {
    http: 500,
    disposition: 'retry',
    it: 'La libreria del client Kafka non è quella per cui sono scritte le correzioni.',
    en: 'The Kafka client library is not the one that its corrections are written for.',
    remedy: {
      it: 'Reinstallare con npm ci, oppure rivedere libs/kafka-client/src/kafkajs-corrections.ts.',
      en: 'Install again with npm ci, or review libs/kafka-client/src/kafkajs-corrections.ts.',
    },
  },
} as const satisfies Record<string, ErrorPolicy>;
