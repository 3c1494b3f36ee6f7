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
  CANONICAL_JSON_UNSUPPORTED: {
    http: 500,
    disposition: 'park',
    it: 'Il valore non si può scrivere in JSON canonico.',
    en: 'The value cannot be written as canonical JSON.',
    remedy: { it: "Segnalare l'anomalia.", en: 'Report it.' },
  },
} as const satisfies Record<string, ErrorPolicy>;
