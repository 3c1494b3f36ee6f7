import type { ErrorPolicy } from '../policy.ts';

/** What a node meets whose database was restored from a copy. */
export const RESTORE_CODES = {
  NODE_CATCHING_UP: {
    http: 503,
    disposition: 'retry',
    it: 'Il nodo confronta la propria base dati con quanto ha già pubblicato: fino ad allora non scrive nulla.',
    en: 'The node is comparing its database with what it has published already: until then it writes nothing.',
    remedy: {
      it: 'Riprovare tra qualche secondo. Se dura, /health dice che cosa manca (di solito il sistema di messaggistica).',
      en: 'Try again in a few seconds. If it lasts, /health says what is missing (as a rule, the message broker).',
    },
  },
  NODE_BEHIND_LOG: {
    http: 503,
    disposition: 'park',
    it: 'Il registro di audit contiene eventi di questo ente che la base dati ripristinata non ha e che il topic non conserva più: il nodo non scrive.',
    en: 'The audit log holds events of this body that the restored database lacks and the topic keeps no longer: the node does not write.',
    remedy: {
      it: 'Ripristinare una copia più recente, oppure riportare quegli eventi dall’archivio dell’auditor, poi riavviare il nodo.',
      en: 'Restore a more recent copy, or bring those events back from the auditor’s archive, then start the node again.',
    },
  },
  OWN_EVENT_CONTRADICTED: {
    http: 503,
    disposition: 'park',
    it: 'Questo nodo ha pubblicato un evento che contraddice uno della sua base dati: ha firmato due eventi per lo stesso posto.',
    en: 'This node has published an event that contradicts one in its database: it has signed two events for one place.',
    remedy: {
      it: 'Non cancellare nulla: conservare entrambe le basi dati e il topic, e rivolgersi al gestore della rete.',
      en: 'Delete nothing: keep both databases and the topic, and turn to the operator of the network.',
    },
  },
  DECISION_CONTRADICTED: {
    http: 503,
    disposition: 'park',
    it: 'Le decisioni pubblicate da questo router contraddicono quelle della sua base dati.',
    en: 'The decisions that this router has published contradict those in its database.',
    remedy: {
      it: 'Non cancellare nulla: ripristinare una copia precedente al primo conflitto e riavviare; il router riprende ciò che ha pubblicato.',
      en: 'Delete nothing: restore a copy from before the first conflict and start again; the router adopts what it has published.',
    },
  },
  DECIDED_EVENT_MISSING: {
    http: 503,
    disposition: 'park',
    it: 'Il router ha deciso un evento i cui byte non sono più né nella base dati né nel topic del suo autore.',
    en: 'The router has decided an event whose bytes are neither in its database nor in its author’s topic any more.',
    remedy: {
      it: 'Ripristinare una copia più recente della base dati, oppure riportare l’evento dall’archivio dell’auditor, poi riavviare.',
      en: 'Restore a more recent copy of the database, or bring the event back from the auditor’s archive, then start again.',
    },
  },
  REGISTRY_STATE_CONTRADICTED: {
    http: 503,
    disposition: 'park',
    it: 'Le voci che questo registro ha pubblicato contraddicono quelle della sua base dati: non pubblica più nulla.',
    en: 'The entries that this registry has published contradict those in its database: it publishes nothing more.',
    remedy: {
      it: 'Non cancellare nulla: ripristinare una copia precedente alla prima voce in conflitto e riavviare; il registro riprende ciò che ha pubblicato.',
      en: 'Delete nothing: restore a copy from before the first entry in conflict and start again; the registry adopts what it has published.',
    },
  },
  REGISTRY_STATE_INCOMPLETE: {
    http: 503,
    disposition: 'park',
    it: 'Il topic registry.state non contiene tutto ciò che questo registro ha pubblicato: non può sapere se la sua base dati è completa, e non scrive.',
    en: 'The topic registry.state does not hold all that this registry has published: it cannot know whether its database is complete, and writes nothing.',
    remedy: {
      it: 'Confrontare il numero di voce del registro con quello dei nodi (`reset-hub status`); se ne mancano, riportarle da un nodo; poi eliminare da published_mark la riga di registry.state e riavviare.',
      en: 'Compare the entry number of the registry with that of the nodes (`reset-hub status`); bring back from a node what is missing; then delete the row of registry.state from published_mark and start again.',
    },
  },
} as const satisfies Record<string, ErrorPolicy>;
