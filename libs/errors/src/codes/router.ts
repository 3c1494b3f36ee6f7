import type { ErrorPolicy } from '../policy.ts';

/** Codes of the router: why an event is parked. */
export const ROUTER_CODES = {
  EQUIVOCATION: {
    http: 409,
    disposition: 'park',
    it: 'Lo stesso ente ha firmato due eventi diversi con lo stesso identificativo o numero.',
    en: 'One author has signed two different events with the same id or number.',
    remedy: {
      it: 'Entrambi sono conservati come prova. L’ente verifichi chi usa la sua chiave e riemetta l’atto: con un nuovo numero, o dichiarando quale evento non accettato sostituisce.',
      en: 'Both are kept as evidence. The author should check who uses its key, then issue the act again: under a new number, or saying which event that never passed it replaces.',
    },
  },
  PLACED_EVENT_LOST: {
    http: 409,
    disposition: 'park',
    it: 'Il numero di questo evento ha già la sua posizione, ma la base dati del router ha perso l’evento che l’ha ricevuta: può essere questo stesso.',
    en: 'The number of this event has its position already, and the router’s database has lost the event that got it: it may be this very one.',
    remedy: {
      it: 'All’autore non si imputa nulla. Il gestore del router lo fermi, elimini da published_mark la riga di practice.routing e lo riavvii: riprende l’evento dalle proprie decisioni; poi rilasci questa voce.',
      en: 'Nothing is held against the author. The router’s operator should stop it, delete the row of practice.routing from published_mark and start it again: it takes the event back from its own decisions; then release this entry.',
    },
  },
  EQUIVOCATION_UNPROVEN: {
    http: 409,
    disposition: 'park',
    it: 'L’avviso di due eventi contraddittori non ne porta la prova.',
    en: 'The notice of two events that contradict each other carries no proof of it.',
    remedy: {
      it: 'Contro l’autore non prova nulla. Segnalarlo al gestore del router.',
      en: 'It proves nothing against the author. Report it to the router’s operator.',
    },
  },
  EQUIVOCATION_NOT_FOUND: {
    http: 404,
    disposition: 'park',
    it: 'Nessun caso di eventi contraddittori ha questo identificativo.',
    en: 'No case of events that contradict each other has this id.',
    remedy: { it: 'Elencare i casi e riprovare.', en: 'List the cases and try again.' },
  },
  EVENT_BEHIND_GAP: {
    http: 409,
    disposition: 'hold',
    it: 'L’evento attende un evento precedente dello stesso autore.',
    en: 'The event waits for an earlier one of its author.',
    remedy: {
      it: 'Nessuna azione: prosegue da sé quando arriva l’evento che manca, o quando l’autore lo annulla.',
      en: 'None: it goes on by itself when the missing event arrives, or its author voids it.',
    },
  },
  EVENT_VOIDED: {
    http: 409,
    disposition: 'park',
    it: 'L’autore ha già annullato il numero di questo evento.',
    en: 'The author has already voided the number of this event.',
    remedy: {
      it: 'Emettere di nuovo l’atto: riceverà un numero nuovo.',
      en: 'Issue the act again: it will get a new number.',
    },
  },
  EVENT_REPLACED: {
    http: 409,
    disposition: 'park',
    it: 'L’autore ha sostituito questo evento con un altro.',
    en: 'The author has replaced this event with another.',
    remedy: {
      it: 'Nessuna azione: vale l’evento che lo sostituisce.',
      en: 'None: the event that replaces it stands.',
    },
  },
  REPLACED_EVENT_PLACED: {
    http: 409,
    disposition: 'park',
    it: 'L’evento da sostituire ha già la sua posizione: non si può più sostituire.',
    en: 'The event to be replaced has its position already: it can never be replaced.',
    remedy: {
      it: 'L’evento originale vale. Per correggerlo emettere un nuovo atto.',
      en: 'The original event stands. Issue a new act to correct it.',
    },
  },
  REPLACEMENT_MISMATCH: {
    http: 409,
    disposition: 'park',
    it: 'L’evento non può prendere il posto di quello che dichiara di sostituire.',
    en: 'The event cannot take the place of the one it says it replaces.',
    remedy: {
      it: 'Un evento sostitutivo prende il numero e il predecessore di quello sostituito, e non sostituisce sé stesso.',
      en: 'A replacement takes the number and the predecessor of what it replaces, and never replaces itself.',
    },
  },
  PREVIOUS_DIGEST_MISMATCH: {
    http: 409,
    disposition: 'park',
    it: 'L’evento non si collega all’evento precedente dello stesso autore.',
    en: 'The event does not link to its author’s previous event.',
    remedy: {
      it: 'Il nodo dell’autore confronti la propria numerazione con quella del router e riemetta l’atto.',
      en: 'The author’s node should compare its numbering with the router’s and issue the act again.',
    },
  },
  REGISTRY_VERSION_DIFFERS: {
    http: 409,
    disposition: 'park',
    it: 'L’evento nomina una versione del registro che non esiste.',
    en: 'The event names a registry version that does not exist.',
    remedy: {
      it: 'Verificare che il nodo dell’autore segua il registro della rete giusta.',
      en: 'Check that the author’s node follows the registry of the right network.',
    },
  },
  REGISTRY_BEHIND: {
    http: 503,
    disposition: 'retry',
    it: 'Questo nodo non ha ancora la versione del registro che l’evento usa.',
    en: 'This node does not have the registry version that the event uses yet.',
    remedy: { it: 'Nessuna azione: si riprova da sé.', en: 'None: it is tried again by itself.' },
  },
  AUTHOR_NOT_OF_TOPIC: {
    http: 409,
    disposition: 'park',
    it: 'L’evento è stato scritto nella coda di un altro ente.',
    en: 'The event was written to another member’s outbox.',
    remedy: {
      it: 'Ogni ente scrive soltanto nella propria coda in uscita.',
      en: 'Each member writes only to its own outbox topic.',
    },
  },
  CERTIFICATE_NOT_REVOKED: {
    http: 409,
    disposition: 'park',
    it: 'Il certificato non è revocato: non c’è una data da cui elencare.',
    en: 'The certificate is not revoked: there is no date from which to list.',
    remedy: {
      it: 'Indicare la data con `from` per vedere che cosa coprirebbe una revoca.',
      en: 'Give the date with `from` to see what a revocation would cover.',
    },
  },
  RECEIPT_OF_UNKNOWN_EVENT: {
    http: 409,
    disposition: 'park',
    it: 'La ricevuta riguarda un evento che il router non ha mai inoltrato.',
    en: 'The receipt speaks of an event that the router never forwarded.',
    remedy: {
      it: 'Verificare a quale rete appartiene il nodo che l’ha emessa.',
      en: 'Check to which network the node that issued it belongs.',
    },
  },
} as const satisfies Record<string, ErrorPolicy>;
