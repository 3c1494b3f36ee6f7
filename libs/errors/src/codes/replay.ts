import type { ErrorPolicy } from '../policy.ts';

const ASK_LOG = {
  it: 'Verificare la copia con «audit verify»; se è integra, chiedere spiegazioni al gestore del router.',
  en: 'Check the copy with `audit verify`; if it is whole, ask the router’s operator for an explanation.',
};
const ASK_NODE = {
  it: 'Avvisare l’ente indicato: il suo nodo va confrontato con il registro (riconciliazione) e, se serve, ripristinato.',
  en: 'Tell the authority named: its node has to be compared (reconciliation) and, if need be, restored.',
};

/** Codes of a replay: what the log and its archive give, against what was decided and what nodes hold. */
export const REPLAY_CODES = {
  STATE_NOT_REBUILT: {
    http: 409,
    disposition: 'park',
    it: 'Il nodo non riesce a ricostruire lo stato della pratica: un evento manca o non si legge più.',
    en: 'The node cannot rebuild the state of the practice: an event is missing, or cannot be read any more.',
    remedy: {
      it: 'Riconciliare il nodo con gli altri partecipanti: rimette al suo posto ciò che è andato perso.',
      en: 'Reconcile the node with the other participants: that puts back what was lost.',
    },
  },
  REPLAY_BYTES_MISSING: {
    http: 409,
    disposition: 'park',
    it: 'L’archivio non ha i byte firmati di una voce del registro.',
    en: 'The archive does not hold the signed bytes of an entry of the log.',
    remedy: {
      it: 'Esportare di nuovo dal revisore, o rimettere i byte da un’altra copia: l’impronta è nella voce.',
      en: 'Export again from the auditor, or put the bytes back from another copy: the entry has their digest.',
    },
  },
  REPLAY_BYTES_UNREADABLE: {
    http: 409,
    disposition: 'park',
    it: 'Un documento archiviato non è ciò che la voce del registro dice, o la sua firma non torna.',
    en: 'An archived document is not what the entry says that it is, or its signature does not hold.',
    remedy: ASK_LOG,
  },
  REPLAY_EVENT_MISSING: {
    http: 409,
    disposition: 'park',
    it: 'Una decisione riguarda un evento che il registro non ha.',
    en: 'A decision is about an event that the log does not have.',
    remedy: {
      it: 'Chiedere l’evento al suo autore o a un partecipante: senza di esso lo stato non si ricostruisce.',
      en: 'Ask the author or a participant for the event: without it the state cannot be rebuilt.',
    },
  },
  REPLAY_POSITION_MISSING: {
    http: 409,
    disposition: 'park',
    it: 'Nelle posizioni di una pratica c’è un vuoto: manca una decisione.',
    en: 'There is a gap in the positions of a practice: a decision is missing.',
    remedy: {
      it: 'Chiedere la decisione al router o a un partecipante, e al revisore perché manchi dal registro.',
      en: 'Ask the router or a participant for the decision, and the auditor why the log lacks it.',
    },
  },
  REPLAY_POSITION_TAKEN: {
    http: 409,
    disposition: 'park',
    it: 'Due decisioni firmate danno la stessa posizione a due eventi.',
    en: 'Two signed decisions give the same position to two events.',
    remedy: {
      it: 'Conservare entrambe le decisioni: provano contro il router che le ha firmate.',
      en: 'Keep both decisions: they are evidence against the router that signed them.',
    },
  },
  REPLAY_REGISTRY_DIFFERS: {
    http: 409,
    disposition: 'park',
    it: 'Una decisione nomina una versione del registro degli enti che la catena non ha.',
    en: 'A decision names a version of the registry that the chain does not have.',
    remedy: {
      it: 'Procurarsi la catena intera; se la versione non esiste, chiedere spiegazioni al gestore del router.',
      en: 'Get the whole chain; if there is no such version, ask the router’s operator for an explanation.',
    },
  },
  REPLAY_SEQUENCE_BROKEN: {
    http: 409,
    disposition: 'park',
    it: 'Un evento ha avuto posto fuori dalla numerazione o dalla catena del suo autore.',
    en: 'An event was placed outside its author’s numbering or chain.',
    remedy: ASK_LOG,
  },
  REPLAY_NOT_ENTITLED: {
    http: 409,
    disposition: 'park',
    it: 'Il router ha dato posto a un atto che il suo autore non poteva compiere.',
    en: 'The router has placed an act that was not its author’s to make.',
    remedy: ASK_LOG,
  },
  REPLAY_DECISION_DIFFERS: {
    http: 409,
    disposition: 'park',
    it: 'La decisione firmata non è quella che discende dall’evento, dalle regole e dal registro degli enti.',
    en: 'The signed decision is not the one that follows from the event, the rules and the registry.',
    remedy: ASK_LOG,
  },
  REPLAY_NOT_FOLDED: {
    http: 409,
    disposition: 'park',
    it: 'Un evento non si inserisce nello stato della sua pratica.',
    en: 'An event does not fit into the state of its practice.',
    remedy: ASK_LOG,
  },
  REPLAY_STATE_DIFFERS: {
    http: 409,
    disposition: 'park',
    it: 'L’ente conserva della pratica uno stato diverso da quello che discende dal registro.',
    en: 'The authority holds another state of the practice than the one that follows from the log.',
    remedy: ASK_NODE,
  },
  REPLAY_EVENTS_DIFFER: {
    http: 409,
    disposition: 'park',
    it: 'L’ente conserva un evento o una decisione con byte diversi da quelli archiviati, o non li ha.',
    en: 'The authority holds an event or a decision in other bytes than the archive, or lacks it.',
    remedy: ASK_NODE,
  },
  REPLAY_STATE_MISSING: {
    http: 409,
    disposition: 'park',
    it: 'L’ente partecipa alla pratica e il suo nodo non ne ha lo stato.',
    en: 'The authority takes part in the practice, and its node holds no state of it.',
    remedy: ASK_NODE,
  },
  REPLAY_STATE_BEHIND: {
    http: 409,
    disposition: 'hold',
    it: 'Al nodo dell’ente mancano posizioni che il registro ha da più di un minuto.',
    en: 'The authority’s node lacks positions that the log has had for more than a minute.',
    remedy: {
      it: 'Guardare che cosa aspetta quel nodo («practice gaps»); se non avanza, riconciliare.',
      en: 'See what that node waits for (`practice gaps`); if it does not go on, reconcile.',
    },
  },
  REPLAY_STATE_UNKNOWN: {
    http: 409,
    disposition: 'park',
    it: 'L’ente conserva una pratica che il registro non conosce, o che non lo riguarda.',
    en: 'The authority holds a practice that the log does not know, or that does not concern it.',
    remedy: ASK_NODE,
  },
  REPLAY_STATEMENT_INVALID: {
    http: 502,
    disposition: 'park',
    it: 'Il nodo dà impronte che non ha firmato, o uno stato che non corrisponde alla propria impronta firmata.',
    en: 'The node gives digests that it has not signed, or a state that is not the one of its signed digest.',
    remedy: ASK_NODE,
  },
  REPLAY_EVENT_NOT_FOUND: {
    http: 404,
    disposition: 'park',
    it: 'Il registro non ha un evento con questo identificativo.',
    en: 'The log has no event of this id.',
    remedy: {
      it: 'Verificare l’identificativo; un evento appena inviato entra nel registro entro pochi secondi.',
      en: 'Check the id; an event that was just sent is in the log within seconds.',
    },
  },
  REPLAY_TIME_TOO_EARLY: {
    http: 404,
    disposition: 'park',
    it: 'A quel momento il registro degli enti non aveva ancora voci.',
    en: 'At that time the registry did not have an entry yet.',
    remedy: {
      it: 'Indicare un momento successivo alla fondazione della rete.',
      en: 'Give a time after the network was founded.',
    },
  },
} as const satisfies Record<string, ErrorPolicy>;
