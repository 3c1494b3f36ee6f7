import type { ErrorPolicy } from '../policy.ts';

/** Codes of `libs/platform`: configuration, the HTTP edge, the life of a process. */
export const PLATFORM_CODES = {
  CONFIG_INVALID: {
    http: 500,
    disposition: 'park',
    it: 'La configurazione del processo non è valida.',
    en: 'The configuration of the process is not valid.',
    remedy: {
      it: 'Correggere le variabili elencate e riavviare.',
      en: 'Correct the variables listed and start again.',
    },
  },
  TLS_FILE_UNREADABLE: {
    http: 500,
    disposition: 'park',
    it: 'Un file di chiave o di certificato non può essere letto.',
    en: 'A key or certificate file cannot be read.',
    remedy: {
      it: 'Controllare che il percorso indicato esista, sia in formato PEM e sia leggibile dal processo.',
      en: 'Check that the path named exists, is in PEM format and can be read by the process.',
    },
  },
  PORT_UNAVAILABLE: {
    http: 500,
    disposition: 'retry',
    it: "L'indirizzo o la porta di ascolto non è disponibile.",
    en: 'The address or port to listen on is not available.',
    remedy: {
      it: 'Fermare il processo che la occupa, o indicare 0 per una porta libera.',
      en: 'Stop the process that holds it, or give 0 for a free port.',
    },
  },
  START_INTERRUPTED: {
    http: 500,
    disposition: 'retry',
    it: "Il processo è stato fermato durante l'avvio.",
    en: 'The process was stopped while it was starting.',
    remedy: { it: 'Avviarlo di nuovo.', en: 'Start it again.' },
  },
  REQUEST_INVALID: {
    http: 400,
    disposition: 'park',
    it: 'La richiesta contiene valori non ammessi.',
    en: 'The request has values that are not allowed.',
    remedy: {
      it: 'Correggere i campi elencati in «details» e ripetere la richiesta.',
      en: 'Correct the fields listed in "details" and send the request again.',
    },
  },
  REQUEST_MALFORMED: {
    http: 400,
    disposition: 'park',
    it: 'La richiesta non è leggibile.',
    en: 'The request cannot be read.',
    remedy: {
      it: 'Inviare una richiesta HTTP corretta, con un corpo JSON ben formato se previsto.',
      en: 'Send a correct HTTP request, with a well-formed JSON body where one is expected.',
    },
  },
  BODY_CUT_OFF: {
    http: 400,
    disposition: 'retry',
    it: 'Il corpo della richiesta si è interrotto prima della fine.',
    en: 'The body of the request stopped before its end.',
    remedy: {
      it: 'Ripetere la richiesta per intero, con la stessa chiave di idempotenza.',
      en: 'Send the whole request again, with the same idempotency key.',
    },
  },
  BODY_TOO_LARGE: {
    http: 413,
    disposition: 'park',
    it: 'Il corpo della richiesta supera la dimensione ammessa.',
    en: 'The body of the request is larger than allowed.',
    remedy: {
      it: 'Ridurre il corpo sotto il limite indicato.',
      en: 'Bring the body under the limit named.',
    },
  },
  CONTENT_TYPE_UNSUPPORTED: {
    http: 415,
    disposition: 'park',
    it: 'Il tipo o la codifica del corpo non è ammesso.',
    en: 'The type or the encoding of the body is not supported.',
    remedy: {
      it: 'Inviare il corpo nel formato indicato dalla documentazione della rotta.',
      en: 'Send the body in the format that the documentation of the route names.',
    },
  },
  ROUTE_NOT_FOUND: {
    http: 404,
    disposition: 'park',
    it: 'Questo indirizzo non esiste.',
    en: 'There is nothing at this address.',
    remedy: {
      it: 'Controllare metodo e percorso nella documentazione, a /docs.',
      en: 'Check method and path in the documentation, at /docs.',
    },
  },
  METHOD_NOT_ALLOWED: {
    http: 405,
    disposition: 'park',
    it: 'Il metodo non è ammesso a questo indirizzo.',
    en: 'The method is not allowed at this address.',
    remedy: {
      it: 'Controllare i metodi ammessi nella documentazione, a /docs.',
      en: 'Check the allowed methods in the documentation, at /docs.',
    },
  },
  REQUEST_TIMED_OUT: {
    http: 408,
    disposition: 'retry',
    it: 'La richiesta non è arrivata per intero nel tempo ammesso.',
    en: 'The request did not arrive whole in the time allowed.',
    remedy: { it: 'Ripetere la richiesta.', en: 'Send the request again.' },
  },
  TOO_MANY_REQUESTS: {
    http: 429,
    disposition: 'retry',
    it: 'Troppe richieste in poco tempo.',
    en: 'Too many requests in a short time.',
    remedy: {
      it: 'Attendere i secondi indicati da Retry-After e ripetere.',
      en: 'Wait for the seconds that Retry-After names and send it again.',
    },
  },
  HEADERS_TOO_LARGE: {
    http: 431,
    disposition: 'park',
    it: 'Le intestazioni della richiesta superano la dimensione ammessa.',
    en: 'The headers of the request are larger than allowed.',
    remedy: { it: 'Ridurre le intestazioni sotto 64 KiB.', en: 'Bring the headers under 64 KiB.' },
  },
  SERVICE_UNAVAILABLE: {
    http: 503,
    disposition: 'retry',
    it: 'Il servizio al momento non può rispondere.',
    en: 'The service cannot answer at the moment.',
    remedy: {
      it: 'Attendere i secondi indicati da Retry-After e ripetere.',
      en: 'Wait for the seconds that Retry-After names and send it again.',
    },
  },
  INTERNAL_ERROR: {
    http: 500,
    disposition: 'retry',
    it: 'Si è verificato un errore interno.',
    en: 'An internal error has occurred.',
    remedy: {
      it: 'Riprovare; se si ripete, segnalare il valore di «instance» a chi gestisce il nodo.',
      en: 'Try again; if it happens again, give the value of "instance" to the operator of the node.',
    },
  },
} as const satisfies Record<string, ErrorPolicy>;
