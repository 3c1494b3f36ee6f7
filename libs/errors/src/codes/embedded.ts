import type { ErrorPolicy } from '../policy.ts';

/** Codes of `libs/embedded`: Kafka, Postgres and certificates on one machine. */
export const EMBEDDED_CODES = {
  KAFKA_UNAVAILABLE: {
    http: 503,
    disposition: 'retry',
    it: 'Nessun broker Kafka può essere avviato o raggiunto.',
    en: 'No Kafka broker can be started or reached.',
    remedy: {
      it: 'Uno dei tre: impostare KAFKA_BROKERS verso un cluster esistente; avviare Docker; installare Java 17 o successivo e Maven.',
      en: 'Any of three: set KAFKA_BROKERS to an existing cluster; start Docker; install Java 17 or later and Maven.',
    },
  },
  KAFKA_START_FAILED: {
    http: 503,
    disposition: 'retry',
    it: 'Il broker Kafka locale non è partito.',
    en: 'The local Kafka broker did not start.',
    remedy: {
      it: 'Leggere il log indicato; liberare memoria o porte e riprovare.',
      en: 'Read the log named in the message; free memory or ports and try again.',
    },
  },
  KAFKA_PROVISIONING_FAILED: {
    http: 503,
    disposition: 'retry',
    it: 'Argomenti o permessi Kafka non sono stati creati.',
    en: 'Kafka topics or their permissions could not be created.',
    remedy: {
      it: 'Verificare che il certificato amministrativo sia tra i super.users del cluster e riprovare.',
      en: "Check that the administrator's certificate is among the cluster's super.users and try again.",
    },
  },
  POSTGRES_UNAVAILABLE: {
    http: 503,
    disposition: 'retry',
    it: 'PostgreSQL non può essere avviato o raggiunto.',
    en: 'PostgreSQL cannot be started or reached.',
    remedy: {
      it: 'Impostare DATABASE_URL verso un server il cui utente abbia CREATEDB e almeno 100 connessioni, oppure leggere il log indicato.',
      en: 'Set DATABASE_URL to a server whose user has CREATEDB and at least 100 connections, or read the log named in the message.',
    },
  },
  HOME_IN_USE: {
    http: 409,
    disposition: 'retry',
    it: "La cartella della rete è usata da un'altra rete in esecuzione.",
    en: "The network's folder is in use by another running network.",
    remedy: {
      it: "Fermare l'altra rete, oppure scegliere un'altra cartella con RESET_HUB_HOME.",
      en: 'Stop the other network, or choose another folder with RESET_HUB_HOME.',
    },
  },
  PKI_INVALID: {
    http: 500,
    disposition: 'retry',
    it: 'I certificati di sviluppo della rete mancano o non sono utilizzabili.',
    en: 'The development certificates of the network are missing or unusable.',
    remedy: {
      it: 'Ripristinare la cartella pki o ricominciare con --fresh.',
      en: 'Restore the pki folder or begin anew with --fresh.',
    },
  },
} as const satisfies Record<string, ErrorPolicy>;
