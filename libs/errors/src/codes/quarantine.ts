import type { ErrorPolicy } from '../policy.ts';

/** What is wrong with a request at a node's quarantine. */
export const QUARANTINE_CODES = {
  QUARANTINE_NOT_FOUND: {
    http: 404,
    disposition: 'park',
    it: 'In quarantena non c’è nulla con questo identificativo.',
    en: 'Nothing in quarantine has this id.',
    remedy: { it: 'Elencare la quarantena e riprovare.', en: 'List the quarantine and try again.' },
  },
  QUARANTINE_ALREADY_CLOSED: {
    http: 409,
    disposition: 'park',
    it: 'Questa voce di quarantena è già stata chiusa.',
    en: 'This quarantine entry is already closed.',
    remedy: { it: 'Nessuna azione necessaria.', en: 'Nothing to do.' },
  },
} as const satisfies Record<string, ErrorPolicy>;
