import type { ErrorPolicy } from '../policy.ts';

/** Codes of witnesses and of the log that they watch; those of the formats stand among the log's. */
export const WITNESS_CODES = {
  LOG_ROLLED_BACK: {
    http: 500,
    disposition: 'retry',
    it: 'Un testimone ha un checkpoint, firmato da questo registro, più avanti di questo database: è una copia vecchia. Il registro si ferma.',
    en: 'A witness has a checkpoint that this log has signed, ahead of this database: it is an old copy. The log stops.',
    remedy: {
      it: 'Fermare l’auditor. Ripristinare una copia del database che arriva almeno alla dimensione indicata; se non esiste, iniziare un registro con altro nome (docs/restore.md).',
      en: 'Stop the auditor. Restore a copy of the database that reaches the size named, at least; if none exists, begin a log of another name (docs/restore.md).',
    },
  },
  LOG_FORKED: {
    http: 500,
    disposition: 'retry',
    it: 'Un testimone ha un checkpoint, firmato da questo registro, che non è un inizio di questo database: il registro ha mostrato due storie. Si ferma.',
    en: 'A witness has a checkpoint that this log has signed and that is no beginning of this database: the log has shown two histories. It stops.',
    remedy: {
      it: 'Fermare l’auditor e conservare il database. Ripristinare la copia che concorda con i testimoni; se non esiste, iniziare un registro con altro nome (docs/restore.md).',
      en: 'Stop the auditor and keep the database. Restore the copy that agrees with the witnesses; if none exists, begin a log of another name (docs/restore.md).',
    },
  },
  WITNESS_ABSENT: {
    http: 404,
    disposition: 'park',
    it: 'Questo nodo non è un testimone.',
    en: 'This node is no witness.',
    remedy: {
      it: 'Configurare WITNESS_KEY_FILE e WITNESS_LOGS, o interpellare un altro nodo.',
      en: 'Set WITNESS_KEY_FILE and WITNESS_LOGS, or ask another node.',
    },
  },
  WITNESS_NOT_READY: {
    http: 503,
    disposition: 'retry',
    it: 'Il nodo non ha ancora dichiarato con il proprio sigillo la chiave con cui testimonia.',
    en: 'The node has not stated its witness key under its seal yet.',
    remedy: {
      it: 'Riprovare tra qualche secondo; se dura, controllare la chiave di firma in /health.',
      en: 'Try again in a few seconds; if it lasts, look at the signing key in /health.',
    },
  },
  WITNESS_FINDING_NOT_FOUND: {
    http: 404,
    disposition: 'park',
    it: 'Il testimone non ha un rilievo con questo identificativo.',
    en: 'The witness has no finding with this id.',
    remedy: {
      it: 'Copiare l’identificativo dall’elenco dei rilievi.',
      en: 'Copy the id from the list of findings.',
    },
  },
} as const satisfies Record<string, ErrorPolicy>;
