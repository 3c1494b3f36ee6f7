import type { ErrorPolicy } from '../policy.ts';

/** Codes of witnesses and of the log that they watch; those of the formats stand among the log's. */
export const WITNESS_CODES = {
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
