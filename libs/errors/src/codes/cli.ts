import type { ErrorPolicy } from '../policy.ts';

/** Codes of `apps/cli`: the command line, and the network it starts. */
export const CLI_CODES = {
  USAGE_INVALID: {
    http: 400,
    disposition: 'park',
    it: 'Il comando non è scritto come previsto.',
    en: 'The command is not written as it should be.',
    remedy: {
      it: 'Vedere il comando con --help: mostra opzioni ed esempi.',
      en: 'See the command with --help: it shows options and examples.',
    },
  },
  FILE_UNREADABLE: {
    http: 400,
    disposition: 'park',
    it: 'Un file indicato non può essere letto o scritto.',
    en: 'A file that was named cannot be read or written.',
    remedy: {
      it: 'Controllare il percorso e i permessi del file.',
      en: 'Check the path and the permissions of the file.',
    },
  },
  NODE_VARIABLE_UNKNOWN: {
    http: 400,
    disposition: 'park',
    it: 'Una variabile d’ambiente indica un nodo che questa rete non ha.',
    en: 'An environment variable names a node that this network does not have.',
    remedy: {
      it: 'Correggere il nome della variabile, o toglierla: il messaggio elenca i nodi e le loro variabili.',
      en: 'Correct the name of the variable, or unset it: the message lists the nodes and their variables.',
    },
  },
  NETWORK_NOT_RUNNING: {
    http: 503,
    disposition: 'retry',
    it: 'Nessuna rete è in esecuzione in questa cartella.',
    en: 'No network runs in this folder.',
    remedy: {
      it: 'Avviarla con npm start, o indicare la cartella con --home o RESET_HUB_HOME.',
      en: 'Start it with npm start, or name its folder with --home or RESET_HUB_HOME.',
    },
  },
  NETWORK_FILE_INVALID: {
    http: 500,
    disposition: 'park',
    it: 'network.json non è leggibile.',
    en: 'network.json cannot be understood.',
    remedy: {
      it: 'Fermare la rete e riavviarla con npm start: il file viene riscritto.',
      en: 'Stop the network and start it again with npm start: the file is written anew.',
    },
  },
  NODE_UNKNOWN: {
    http: 404,
    disposition: 'park',
    it: 'La rete non ha un nodo con questo nome.',
    en: 'The network has no node of this name.',
    remedy: {
      it: 'Usare il codice IPA di un ente aderente, o router, registry, auditor: «reset-hub status» li elenca.',
      en: 'Use the IPA code of a joined body, or router, registry, auditor: `reset-hub status` lists them.',
    },
  },
  NODE_UNREACHABLE: {
    http: 503,
    disposition: 'retry',
    it: 'Il nodo non risponde.',
    en: 'The node does not answer.',
    remedy: {
      it: 'Controllare con «reset-hub status», poi leggere il suo log nella cartella logs.',
      en: 'Check with `reset-hub status`, then read its log in the folder logs.',
    },
  },
  NODE_ANSWER_UNEXPECTED: {
    http: 502,
    disposition: 'retry',
    it: 'Il nodo ha dato una risposta che questo programma non capisce.',
    en: 'The node gave an answer that this program does not understand.',
    remedy: {
      it: 'Verificare che programma e nodi siano della stessa versione; leggere il log del nodo.',
      en: "Check that program and nodes are of the same version; read the node's log.",
    },
  },
  UP_ALREADY_RUNNING: {
    http: 409,
    disposition: 'retry',
    it: 'La rete è già in esecuzione in questa cartella.',
    en: 'The network already runs in this folder.',
    remedy: {
      it: 'Usarla, o fermarla con Ctrl-C; per una seconda rete scegliere un’altra cartella con --home o RESET_HUB_HOME.',
      en: 'Use it, or stop it with Ctrl-C; for a second network choose another folder with --home or RESET_HUB_HOME.',
    },
  },
  HOME_NOT_OURS: {
    http: 409,
    disposition: 'park',
    it: 'La cartella contiene dati che non sono di una rete.',
    en: 'The folder holds data that is not of a network.',
    remedy: {
      it: 'Indicare con --home o RESET_HUB_HOME una cartella vuota, nuova, o di una rete precedente.',
      en: 'Name an empty or new folder, or that of an earlier network, with --home or RESET_HUB_HOME.',
    },
  },
  HOME_OF_ANOTHER_NETWORK: {
    http: 409,
    disposition: 'park',
    it: 'La cartella appartiene a un’altra rete.',
    en: 'The folder belongs to another network.',
    remedy: {
      it: 'Scegliere un’altra cartella con --home, o ricominciare con --fresh: i dati della cartella vanno persi.',
      en: 'Choose another folder with --home, or begin anew with --fresh: the data in the folder is lost.',
    },
  },
  NODE_START_FAILED: {
    http: 500,
    disposition: 'retry',
    it: 'Un nodo della rete non è partito.',
    en: 'A node of the network did not start.',
    remedy: { it: 'Leggere il log indicato.', en: 'Read the log that is named.' },
  },
  DEMONSTRATION_FAILED: {
    http: 500,
    disposition: 'retry',
    it: 'La pratica dimostrativa non ha fatto tutta la sua strada.',
    en: 'The demonstration practice did not go all its way.',
    remedy: {
      it: 'Leggere i log indicati e «reset-hub quarantine list».',
      en: 'Read the logs that are named, and `reset-hub quarantine list`.',
    },
  },
  PROOF_DISAGREES: {
    http: 422,
    disposition: 'park',
    it: 'La prova riguarda un altro evento, o byte diversi da quelli del nodo.',
    en: 'The proof is of another event, or of other bytes than the node holds.',
    remedy: {
      it: 'Conservare prova ed evento e chiamare il gestore del registro di audit: uno dei due è stato alterato.',
      en: 'Keep proof and event and call the operator of the log: one of the two was altered.',
    },
  },
  RECONCILIATION_UNFINISHED: {
    http: 504,
    disposition: 'retry',
    it: 'Il confronto non è finito nel tempo dato.',
    en: 'The comparison has not ended within the time given.',
    remedy: {
      it: 'Prosegue presso il nodo: lo stato è in GET /v1/reconciliations/{id}. Per attendere di più, --wait.',
      en: 'It goes on at the node: GET /v1/reconciliations/{id} says how it stands. To wait longer, --wait.',
    },
  },
  KEY_NOT_TAKEN_UP: {
    http: 504,
    disposition: 'retry',
    it: 'Il nodo non ha iniziato a firmare con la nuova chiave.',
    en: 'The node has not begun to sign with its new key.',
    remedy: {
      it: 'Leggere il registro del nodo (log), poi ripetere il comando: riprende da dov’era. La chiave vecchia è rimasta in vigore.',
      en: 'Read the node’s log, then run the command again: it goes on where it was. The old key has stayed in force.',
    },
  },
} as const satisfies Record<string, ErrorPolicy>;
