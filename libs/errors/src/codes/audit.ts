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
} as const satisfies Record<string, ErrorPolicy>;
