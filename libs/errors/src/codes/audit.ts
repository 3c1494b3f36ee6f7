import type { ErrorPolicy } from '../policy.ts';

/** What is wrong with a copy of the log, besides what is wrong with the log itself. */
export const AUDIT_CODES = {
  LOG_PACK_MALFORMED: {
    http: 422,
    disposition: 'park',
    it: 'Il pacchetto dell’archivio non ha la forma giusta.',
    en: 'The pack of the archive does not have the right form.',
    remedy: {
      it: 'Scaricare di nuovo il file dall’auditor; se non cambia, avvisare l’auditor: il suo archivio è danneggiato.',
      en: 'Fetch the file from the auditor again; if it stays the same, tell the auditor: its archive is damaged.',
    },
  },
  LOG_BYTES_DIFFER: {
    http: 422,
    disposition: 'park',
    it: 'Il documento archiviato non è quello che il registro di trasparenza ha registrato.',
    en: 'The archived document is not the one that was logged.',
    remedy: {
      it: 'Non usare il documento. Scaricarlo di nuovo; se non cambia, l’archivio è stato alterato: avvisare l’auditor.',
      en: 'Do not use the document. Fetch it again; if it stays the same, the archive was altered: tell the auditor.',
    },
  },
  LOG_COPY_UNREADABLE: {
    http: 500,
    disposition: 'retry',
    it: 'Un file della copia del registro di trasparenza non si può leggere.',
    en: 'A file of the copy of the log cannot be read.',
    remedy: {
      it: 'Controllare i permessi e il disco; una copia contiene solo file semplici, senza collegamenti che portino fuori.',
      en: 'Look at permissions and disk; a copy has plain files only, and no links that lead out of it.',
    },
  },
  AUDIT_COPY_EMPTY: {
    http: 404,
    disposition: 'park',
    it: 'Nella cartella non c’è una copia del registro di trasparenza.',
    en: 'The folder holds no copy of the log.',
    remedy: {
      it: 'Indicare la cartella in cui si trova il file checkpoint, come la scrive reset-hub audit export.',
      en: 'Name the folder that the file checkpoint is in, as reset-hub audit export writes it.',
    },
  },
  AUDIT_NOT_JUDGED: {
    http: 422,
    disposition: 'park',
    it: 'La copia non si può giudicare.',
    en: 'The copy cannot be judged.',
    remedy: {
      it: 'Non è né una conferma né un allarme: rimediare a quanto indicato e ripetere la verifica.',
      en: 'This is neither a confirmation nor an alarm: mend what is named and verify again.',
    },
  },
  AUDIT_INTERRUPTED: {
    http: 503,
    disposition: 'retry',
    it: 'La verifica è stata interrotta.',
    en: 'The verification was interrupted.',
    remedy: {
      it: 'Ripetere lo stesso comando: riprende da dove si è fermata.',
      en: 'Run the same command again: it goes on from where it stopped.',
    },
  },
  AUDIT_STATE_UNUSABLE: {
    http: 500,
    disposition: 'park',
    it: 'La cartella in cui si conserva l’ultimo checkpoint verificato non è utilizzabile.',
    en: 'The folder that keeps the last verified checkpoint cannot be used.',
    remedy: {
      it: 'Controllare i permessi o indicarne un’altra con --state; non cancellarla senza averne salvato il checkpoint.',
      en: 'Look at its permissions, or name another one with --state; do not delete it before its checkpoint is saved.',
    },
  },
  AUDIT_LOG_SHORTER: {
    http: 422,
    disposition: 'park',
    it: 'Il registro è più corto di un checkpoint che ha già firmato.',
    en: 'The log is shorter than a checkpoint that it has signed before.',
    remedy: {
      it: 'Se la copia è semplicemente più vecchia, scaricarne una nuova. Altrimenti il registro è stato riportato indietro: conservare la copia e i due checkpoint e avvisare tutti i membri.',
      en: 'If the copy is merely older, fetch a new one. Otherwise the log was rolled back: keep the copy and both checkpoints, and tell all members.',
    },
  },
  AUDIT_LOG_FORKED: {
    http: 422,
    disposition: 'park',
    it: 'Il registro ha firmato due storie diverse della stessa lunghezza.',
    en: 'The log has signed two histories of one length.',
    remedy: {
      it: 'È una prova contro il registro: conservare i due checkpoint e avvisare tutti i membri e i testimoni.',
      en: 'This convicts the log: keep both checkpoints, and tell all members and witnesses.',
    },
  },
  AUDIT_LEAF_TWICE: {
    http: 422,
    disposition: 'park',
    it: 'Il registro contiene due voci per lo stesso documento.',
    en: 'The log has two leaves for the same document.',
    remedy: {
      it: 'Confrontare le due voci: se i documenti sono diversi, chi li ha firmati si è contraddetto; avvisare l’auditor.',
      en: 'Compare the two leaves: if their documents differ, who has signed them has contradicted himself; tell the auditor.',
    },
  },
  AUDIT_ENTRY_DISAGREES: {
    http: 422,
    disposition: 'park',
    it: 'La voce del registro non dice ciò che dice il documento firmato.',
    en: 'The entry of the log does not say what the signed document says.',
    remedy: {
      it: 'Fa fede il documento firmato. Conservare entrambi e avvisare l’auditor: ha scritto una voce falsa.',
      en: 'The signed document counts. Keep both, and tell the auditor: it has written a false entry.',
    },
  },
  AUDIT_BYTES_MISSING: {
    http: 422,
    disposition: 'park',
    it: 'Nella copia manca un documento che dovrebbe contenere.',
    en: 'The copy lacks a document that it should have.',
    remedy: {
      it: 'Ripetere l’esportazione; se manca ancora, avvisare l’auditor: il suo archivio ha perso qualcosa.',
      en: 'Export again; if it is still missing, tell the auditor: its archive has lost something.',
    },
  },
  AUDIT_REGISTRY_MISSING: {
    http: 422,
    disposition: 'park',
    it: 'Nella copia manca la catena del registro: non si può dire di chi siano le chiavi.',
    en: 'The copy lacks the registry’s chain: nobody can say whose the keys are.',
    remedy: {
      it: 'Ripetere l’esportazione, che la comprende.',
      en: 'Export again: it comes with an export.',
    },
  },
  AUDIT_DECISION_WITHOUT_EVENT: {
    http: 422,
    disposition: 'park',
    it: 'Il registro ha una decisione su un evento che non contiene.',
    en: 'The log has a decision about an event that it does not have.',
    remedy: {
      it: 'Cercare l’evento fra quelli rifiutati dall’auditor (reset-hub quarantine list --at auditor); se non c’è, è stato tolto o mai registrato: avvisare l’auditor.',
      en: 'Look for the event among those that the auditor has refused (reset-hub quarantine list --at auditor); if it is not there, it was taken out or never logged: tell the auditor.',
    },
  },
  AUDIT_DECISION_OTHER_EVENT: {
    http: 422,
    disposition: 'park',
    it: 'La decisione riguarda un evento diverso da quello registrato con lo stesso identificativo.',
    en: 'The decision is about another event than the one that was logged under its id.',
    remedy: {
      it: 'Due eventi firmati con lo stesso identificativo: conservare la copia e chiedere conto all’autore (reset-hub audit proof, GET /v1/equivocations).',
      en: 'Two events signed under one id: keep the copy, and ask their author (reset-hub audit proof, GET /v1/equivocations).',
    },
  },
  AUDIT_POSITION_GAP: {
    http: 422,
    disposition: 'park',
    it: 'Fra le decisioni di una pratica manca una posizione.',
    en: 'Among the decisions of a practice a position is missing.',
    remedy: {
      it: 'Una decisione non è arrivata al registro: chiederla al router e avvisare l’auditor.',
      en: 'A decision has not come to the log: ask the router for it, and tell the auditor.',
    },
  },
  AUDIT_POSITION_TWICE: {
    http: 422,
    disposition: 'park',
    it: 'In una pratica la stessa posizione è stata data due volte.',
    en: 'Within a practice one position was given twice.',
    remedy: {
      it: 'Due decisioni firmate si contraddicono: conservare la copia e chiedere conto al router.',
      en: 'Two signed decisions contradict each other: keep the copy, and ask the router.',
    },
  },
  AUDIT_TARGET_UNSUITABLE: {
    http: 409,
    disposition: 'park',
    it: 'La cartella indicata contiene altro.',
    en: 'The folder named holds something else.',
    remedy: {
      it: 'Indicare una cartella vuota, o quella di un’esportazione dello stesso registro con le stesse opzioni.',
      en: 'Name an empty folder, or that of an export of the same log with the same options.',
    },
  },
} as const satisfies Record<string, ErrorPolicy>;
