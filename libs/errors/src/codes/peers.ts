import type { ErrorPolicy } from '../policy.ts';

const ASKED_AGAIN = {
  it: 'Nessuna azione: si chiede di nuovo da sé, anche agli altri nodi. Se dura, avvisare il gestore di quel nodo.',
  en: 'None: it is asked for again by itself, of the other nodes too. If it lasts, tell that node’s operator.',
} as const;

/** Codes of one node asking another for events. */
export const PEERS_CODES = {
  PEER_AWAY: {
    http: 503,
    disposition: 'retry',
    it: 'Il nodo interpellato non risponde.',
    en: 'The node that was asked does not answer.',
    remedy: ASKED_AGAIN,
  },
  PEER_REFUSED: {
    http: 502,
    disposition: 'retry',
    it: 'Il nodo interpellato non dà quanto richiesto.',
    en: 'The node that was asked does not give what it was asked for.',
    remedy: ASKED_AGAIN,
  },
  PEER_ANSWER_INVALID: {
    http: 502,
    disposition: 'retry',
    it: 'Il nodo interpellato ha risposto con altro da quanto richiesto: la risposta è stata scartata.',
    en: 'The node that was asked answered with something else: the answer was thrown away.',
    remedy: ASKED_AGAIN,
  },
} as const satisfies Record<string, ErrorPolicy>;
