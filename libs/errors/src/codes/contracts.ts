import type { ErrorPolicy } from '../policy.ts';

/** Codes of `libs/contracts`. */
export const CONTRACT_CODES = {
  ID_MALFORMED: {
    http: 400,
    disposition: 'park',
    it: 'Un identificativo non ha la forma prescritta.',
    en: 'An identifier does not have the prescribed shape.',
    remedy: { it: 'Correggere il valore indicato.', en: 'Correct the value named in the detail.' },
  },
} as const satisfies Record<string, ErrorPolicy>;
