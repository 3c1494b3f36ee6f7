import type { ErrorPolicy } from '../policy.ts';

/** What is wrong with a log, its notes and its proofs. */
export const LOG_CODES = {
  LOG_PROOF_MALFORMED: {
    http: 400,
    disposition: 'park',
    it: 'La prova del registro di trasparenza non ha la forma giusta.',
    en: 'The log proof does not have the right form.',
    remedy: { it: 'Chiedere di nuovo la prova.', en: 'Ask for the proof again.' },
  },
  LOG_INCLUSION_INVALID: {
    http: 422,
    disposition: 'park',
    it: 'La prova non mostra che la voce è nel registro di trasparenza.',
    en: 'The proof does not show that the entry is in the log.',
    remedy: { it: "Conservare la prova e avvisare l'auditor.", en: 'Keep the proof and tell the auditor.' },
  },
  LOG_CONSISTENCY_INVALID: {
    http: 422,
    disposition: 'park',
    it: 'Il registro di trasparenza non continua quello visto in precedenza.',
    en: 'The log does not continue the one seen before.',
    remedy: {
      it: "Conservare i due checkpoint: sono la prova di una riscrittura; avvisare l'auditor.",
      en: 'Keep both checkpoints: they are evidence of a rewrite; tell the auditor.',
    },
  },
  LOG_NODE_MISSING: {
    http: 500,
    disposition: 'retry',
    it: "Manca un valore nell'albero del registro di trasparenza.",
    en: "The log's tree lacks a hash.",
    remedy: { it: "Ricostruire l'albero dalle voci.", en: 'Rebuild the tree from its entries.' },
  },
  LOG_NOTE_MALFORMED: {
    http: 400,
    disposition: 'park',
    it: 'La nota firmata non ha la forma giusta.',
    en: 'The signed note does not have the right form.',
    remedy: { it: "Chiedere di nuovo la nota a chi l'ha emessa.", en: 'Ask the issuer for the note again.' },
  },
  LOG_CHECKPOINT_MALFORMED: {
    http: 400,
    disposition: 'park',
    it: 'Il checkpoint non ha la forma giusta.',
    en: 'The checkpoint does not have the right form.',
    remedy: {
      it: 'Chiedere di nuovo il checkpoint al registro di trasparenza.',
      en: 'Ask the log for the checkpoint again.',
    },
  },
  LOG_SIGNATURE_INVALID: {
    http: 422,
    disposition: 'park',
    it: 'La firma di una chiave nota sulla nota non è valida.',
    en: "A known key's signature on the note does not verify.",
    remedy: { it: "Conservare la nota e avvisare l'auditor.", en: 'Keep the note and tell the auditor.' },
  },
  LOG_KEY_UNKNOWN: {
    http: 422,
    disposition: 'park',
    it: 'Nessuna chiave nota ha firmato la nota.',
    en: 'No known key has signed the note.',
    remedy: { it: 'Controllare la vkey configurata.', en: 'Check the configured vkey.' },
  },
  LOG_KEY_MALFORMED: {
    http: 400,
    disposition: 'park',
    it: 'La chiave per le note non ha la forma giusta.',
    en: 'The note key does not have the right form.',
    remedy: { it: 'Copiare la vkey o la skey per intero.', en: 'Copy the whole vkey or skey.' },
  },
  LOG_ENTRY_TOO_LARGE: {
    http: 500,
    disposition: 'park',
    it: 'La voce supera 65.535 byte.',
    en: 'The log entry is larger than 65,535 bytes.',
    remedy: {
      it: "Segnalare l'anomalia: una decisione nomina troppi destinatari.",
      en: 'Report it: a decision names too many recipients.',
    },
  },
  LOG_ENTRY_MALFORMED: {
    http: 422,
    disposition: 'park',
    it: 'La voce del registro di trasparenza non ha la forma canonica di una voce.',
    en: "The log's entry is not the canonical form of an entry.",
    remedy: {
      it: "Conservare la voce e il checkpoint: il registro contiene ciò che nessun componente scrive; avvisare l'auditor.",
      en: 'Keep the entry and the checkpoint: the log holds what no part of the hub writes; tell the auditor.',
    },
  },
  LOG_ENTRY_KIND_UNKNOWN: {
    http: 422,
    disposition: 'park',
    it: 'La voce del registro di trasparenza è di un tipo o di una versione che questo programma non conosce.',
    en: "The log's entry is of a kind or a version that this program does not know.",
    remedy: {
      it: 'Usare una versione più recente del programma.',
      en: 'Use a newer version of the program.',
    },
  },
  LOG_TILE_MALFORMED: {
    http: 400,
    disposition: 'park',
    it: 'Il file del registro di trasparenza (tile) non ha il nome o la forma giusta.',
    en: "The log's tile does not have the right name or form.",
    remedy: { it: 'Chiedere di nuovo il file al registro.', en: 'Ask the log for the file again.' },
  },
  LOG_TILE_MISSING: {
    http: 404,
    disposition: 'retry',
    it: 'Il registro di trasparenza non ha il file (tile) richiesto.',
    en: 'The log does not have this tile.',
    remedy: {
      it: "Riprovare con l'ultimo checkpoint; se il file manca ancora, avvisare l'auditor.",
      en: 'Try again with the latest checkpoint; if it is still missing, tell the auditor.',
    },
  },
  LOG_TILE_INVALID: {
    http: 422,
    disposition: 'park',
    it: 'Il contenuto del registro di trasparenza non corrisponde al checkpoint firmato.',
    en: "The log's content does not match the signed checkpoint.",
    remedy: {
      it: "Conservare il file e il checkpoint: qualcosa è stato alterato; avvisare l'auditor.",
      en: 'Keep the file and the checkpoint: something was altered; tell the auditor.',
    },
  },
  LOG_POLICY_MALFORMED: {
    http: 400,
    disposition: 'park',
    it: 'La policy dei testimoni non ha la forma giusta.',
    en: 'The witness policy does not have the right form.',
    remedy: {
      it: 'Correggere la riga indicata secondo c2sp.org/tlog-policy.',
      en: 'Mend the line named, according to c2sp.org/tlog-policy.',
    },
  },
  LOG_NOT_WITNESSED: {
    http: 422,
    disposition: 'retry',
    it: 'Il checkpoint non ha ancora le firme di un numero sufficiente di testimoni.',
    en: 'The checkpoint has not been cosigned by enough witnesses.',
    remedy: {
      it: "Chiedere un checkpoint più recente; se dura, controllare i testimoni e avvisare l'auditor.",
      en: 'Ask for a newer checkpoint; if it lasts, look at the witnesses and tell the auditor.',
    },
  },
  LOG_FORK_NOT_SHOWN: {
    http: 422,
    disposition: 'park',
    it: 'Quanto presentato non dimostra che il registro di trasparenza si contraddice.',
    en: 'What was presented does not show that the log contradicts itself.',
    remedy: {
      it: 'Controllare la chiave del registro e che i due checkpoint siano interi.',
      en: "Check the log's key, and that both checkpoints are whole.",
    },
  },
  WITNESS_REQUEST_MALFORMED: {
    http: 400,
    disposition: 'park',
    it: 'La richiesta al testimone non ha la forma giusta.',
    en: 'The request to the witness does not have the right form.',
    remedy: {
      it: 'Inviare la richiesta come la descrive c2sp.org/tlog-witness.',
      en: 'Send the request as c2sp.org/tlog-witness describes it.',
    },
  },
  WITNESS_LOG_UNKNOWN: {
    http: 404,
    disposition: 'park',
    it: 'Il testimone non segue questo registro di trasparenza.',
    en: 'The witness does not follow this log.',
    remedy: {
      it: "Controllare l'origine del checkpoint o aggiungere il registro al testimone.",
      en: "Check the checkpoint's origin, or add the log to the witness.",
    },
  },
  WITNESS_SIGNATURE_REFUSED: {
    http: 403,
    disposition: 'park',
    it: 'Nessuna chiave di fiducia del registro ha firmato il checkpoint.',
    en: 'No trusted key of the log has signed the checkpoint.',
    remedy: {
      it: 'Controllare la vkey del registro configurata nel testimone.',
      en: "Check the log's vkey that the witness is configured with.",
    },
  },
  WITNESS_SIZE_CONFLICT: {
    http: 409,
    disposition: 'retry',
    it: "L'ultimo checkpoint firmato dal testimone ha un'altra dimensione.",
    en: 'The latest checkpoint that the witness cosigned has another size.',
    remedy: {
      it: 'Ripetere la richiesta a partire dalla dimensione indicata nella risposta.',
      en: 'Repeat the request from the size that the response names.',
    },
  },
  CANONICAL_JSON_UNSUPPORTED: {
    http: 500,
    disposition: 'park',
    it: 'Il valore non si può scrivere in JSON canonico.',
    en: 'The value cannot be written as canonical JSON.',
    remedy: { it: "Segnalare l'anomalia.", en: 'Report it.' },
  },
} as const satisfies Record<string, ErrorPolicy>;
