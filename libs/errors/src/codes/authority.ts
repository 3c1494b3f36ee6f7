import type { ErrorPolicy } from '../policy.ts';

/** Codes of an authority's node. */
export const AUTHORITY_CODES = {
  PRACTICE_NOT_FOUND: {
    http: 404,
    disposition: 'park',
    it: 'Questo nodo non ha una pratica con questo identificativo.',
    en: 'This node holds no practice with this id.',
    remedy: {
      it: 'Verificare l’identificativo, o cercare la pratica per CUI.',
      en: 'Check the id, or search for the practice by its CUI.',
    },
  },
  CURSOR_EXPIRED: {
    http: 410,
    disposition: 'park',
    it: 'Le voci che seguono questo cursore sono scadute: il feed non le conserva più.',
    en: 'The entries behind this cursor are past their time: the feed no longer keeps them.',
    remedy: {
      it: 'Ripartire senza cursore e confrontare le pratiche con GET /v1/practices: le pratiche restano tutte.',
      en: 'Start without a cursor, and compare practices with GET /v1/practices: all of them are still there.',
    },
  },
  OUTBOX_FULL: {
    http: 503,
    disposition: 'retry',
    it: 'Troppi messaggi attendono di essere inviati: per ora il nodo non accetta altro.',
    en: 'Too many messages wait to be sent: for now this node takes nothing more in.',
    remedy: {
      it: 'Ripetere dopo i secondi indicati da Retry-After; il gestore verifichi che Kafka sia raggiungibile.',
      en: 'Send it again after the seconds that Retry-After names; the operator checks that Kafka can be reached.',
    },
  },
  PEER_NOT_RECOGNISED: {
    http: 403,
    disposition: 'park',
    it: 'Il certificato del nodo non è fra quelli in vigore nel registro.',
    en: 'The node’s certificate is not among those in force in the registry.',
    remedy: {
      it: 'Usare il certificato di trasporto in vigore; se è stato appena pubblicato, riprovare.',
      en: 'Use the transport certificate that is in force; if it was just published, try again.',
    },
  },
  PRACTICE_AMBIGUOUS: {
    http: 409,
    disposition: 'park',
    it: 'Due enti hanno pratiche con questo identificativo.',
    en: 'Two owners have a practice with this id.',
    remedy: { it: 'Aggiungere ?owner= con il codice IPA.', en: 'Add ?owner= with the IPA code.' },
  },
  PRACTICE_NOT_PLACED: {
    http: 409,
    disposition: 'retry',
    it: 'La presentazione non ha ancora la sua posizione: non si sa ancora chi partecipa.',
    en: 'The filing has no position yet: who takes part is not settled.',
    remedy: {
      it: 'Riprovare tra qualche secondo; se dura, controllare lo stato del nodo.',
      en: 'Try again in a few seconds; if it lasts, look at the node’s status.',
    },
  },
  EVENT_NOT_FOUND: {
    http: 404,
    disposition: 'park',
    it: 'La pratica non ha un evento con questo identificativo.',
    en: 'The practice has no event with this id.',
    remedy: { it: 'Elencare gli eventi della pratica.', en: 'List the practice’s events.' },
  },
  EVENT_NOT_PARKED: {
    http: 409,
    disposition: 'park',
    it: 'L’evento non è fra quelli non accettati dal router: non c’è nulla da riemettere.',
    en: 'The event is not among those that the router parked: there is nothing to issue again.',
    remedy: {
      it: 'Attendere la decisione del router. Si riemette soltanto un evento con stato `parked`.',
      en: 'Wait for the router’s decision. Only an event whose status is `parked` is issued again.',
    },
  },
  EVENT_AMBIGUOUS: {
    http: 409,
    disposition: 'park',
    it: 'Due enti hanno usato questo identificativo di evento nella pratica.',
    en: 'Two authors have used this event id in the practice.',
    remedy: { it: 'Aggiungere ?author= con il codice IPA.', en: 'Add ?author= with the IPA code.' },
  },
  RECEIPT_NOT_OURS: {
    http: 409,
    disposition: 'park',
    it: 'La ricevuta riguarda un evento di un altro ente.',
    en: 'The receipt is for an event of another body.',
    remedy: { it: 'Segnalarlo al gestore del router.', en: 'Report it to the router’s operator.' },
  },
  RECEIPT_NOT_HERE: {
    http: 404,
    disposition: 'park',
    it: 'La ricevuta di presentazione è dell’ente titolare della pratica.',
    en: 'The receipt of filing is with the body that owns the practice.',
    remedy: { it: 'Chiederla al nodo dell’ente titolare.', en: 'Ask the owner’s node for it.' },
  },
  DECISION_MISSING: {
    http: 409,
    disposition: 'park',
    it: 'L’evento è arrivato senza la decisione firmata del router.',
    en: 'The event arrived without the router’s signed decision.',
    remedy: { it: 'Segnalarlo al gestore del router.', en: 'Report it to the router’s operator.' },
  },
  NOT_ADDRESSED: {
    http: 409,
    disposition: 'park',
    it: 'La decisione non indica questo ente fra i partecipanti.',
    en: 'The decision does not name this body among the participants.',
    remedy: { it: 'Segnalarlo al gestore del router.', en: 'Report it to the router’s operator.' },
  },
  POSITION_TAKEN: {
    http: 409,
    disposition: 'park',
    it: 'La posizione è già occupata da un altro evento.',
    en: 'The position already belongs to another event.',
    remedy: {
      it: 'Due decisioni si contraddicono: conservarle entrambe e avvisare il revisore.',
      en: 'Two decisions contradict each other: keep both and tell the auditor.',
    },
  },
  RECORD_CLASS_UNKNOWN: {
    http: 409,
    disposition: 'park',
    it: 'Il messaggio è di un tipo che questo nodo non conosce.',
    en: 'The record is of a class this node does not know.',
    remedy: {
      it: 'Aggiornare il nodo, poi rilasciare il messaggio.',
      en: 'Update the node, then release the record.',
    },
  },
  PARKED_NOTICE_MALFORMED: {
    http: 409,
    disposition: 'park',
    it: 'L’avviso di quarantena non è comprensibile.',
    en: 'The notice of a parked event cannot be understood.',
    remedy: { it: 'Segnalarlo al gestore del router.', en: 'Report it to the router’s operator.' },
  },
  FORM_MISSING: {
    http: 400,
    disposition: 'park',
    it: 'La richiesta non contiene il modulo.',
    en: 'The request has no form.',
    remedy: {
      it: 'Aggiungere la parte «form» con il modulo XML.',
      en: 'Add a part named “form” with the form’s XML.',
    },
  },
  IDEMPOTENCY_KEY_REUSED: {
    http: 409,
    disposition: 'park',
    it: 'La chiave di idempotenza è già stata usata con un altro contenuto.',
    en: 'This idempotency key was used with another content.',
    remedy: { it: 'Usare una chiave nuova.', en: 'Use a new key.' },
  },
  IDEMPOTENCY_KEY_MALFORMED: {
    http: 400,
    disposition: 'park',
    it: 'L’intestazione Idempotency-Key non è valida.',
    en: 'The header Idempotency-Key is not valid.',
    remedy: {
      it: 'Usare da 1 a 200 caratteri ASCII stampabili, per esempio un UUID.',
      en: 'Use 1 to 200 printable ASCII characters, a UUID for example.',
    },
  },
  PROOF_NOT_YET: {
    http: 404,
    disposition: 'retry',
    it: 'Il registro non contiene ancora questo evento.',
    en: 'The log does not hold this event yet.',
    remedy: { it: 'Riprovare tra qualche secondo.', en: 'Try again in a few seconds.' },
  },
  AUDITOR_UNAVAILABLE: {
    http: 503,
    disposition: 'retry',
    it: 'Il registro delle prove non risponde.',
    en: 'The auditor’s log does not answer.',
    remedy: {
      it: 'Riprovare più tardi: lo scambio prosegue comunque.',
      en: 'Try again later: the exchange goes on without it.',
    },
  },
  MANIFEST_REFUSED: {
    http: 422,
    disposition: 'park',
    it: 'Il manifesto dei documenti di un evento non è valido: i documenti che elenca non si possono chiedere.',
    en: 'The manifest of an event’s documents is not valid: what it lists cannot be asked for.',
    remedy: {
      it: 'Leggere la causa nel motivo e avvisare l’ente autore; dopo un aggiornamento del nodo, rilasciare la voce.',
      en: 'Read the cause in the reason and tell the author; after an update of this node, release the entry.',
    },
  },
} as const satisfies Record<string, ErrorPolicy>;
