import type { ErrorPolicy } from '../policy.ts';

/** Codes of the registry: its chain, the copies that nodes keep of it, and the service that writes it. */
export const REGISTRY_CODES = {
  REGISTRY_ROOT_REFUSED: {
    http: 500,
    disposition: 'park',
    it: 'La radice di fiducia del registro non è quella configurata.',
    en: 'The registry does not stand under the configured root of trust.',
    remedy: {
      it: 'Verificare fuori banda l’impronta della radice e correggere la configurazione del nodo.',
      en: 'Check the fingerprint of the root out of band and correct the configuration of the node.',
    },
  },
  REGISTRY_ENTRY_REFUSED: {
    http: 422,
    disposition: 'park',
    it: 'Una voce del registro non è firmata da chi può scriverlo.',
    en: 'A registry entry is not signed by someone who may write the registry.',
    remedy: {
      it: 'Segnalare al gestore del registro: la voce è ignorata.',
      en: 'Report it to the operator of the registry: the entry is ignored.',
    },
  },
  REGISTRY_GAP: {
    http: 503,
    disposition: 'hold',
    it: 'Manca una voce del registro prima di questa.',
    en: 'A registry entry before this one is missing.',
    remedy: {
      it: 'Attendere: la voce viene adottata quando arriva quella che la precede.',
      en: 'Wait: the entry is adopted when the one before it arrives.',
    },
  },
  REGISTRY_FORKED: {
    http: 503,
    disposition: 'retry',
    it: 'Il registro ha firmato due voci diverse con lo stesso numero.',
    en: 'The registry has signed two different entries with one number.',
    remedy: {
      it: 'Il nodo si ferma all’ultima voce certa. Confrontare le copie degli altri nodi e chiamare il gestore del registro.',
      en: 'The node stays at the last certain entry. Compare with the copies of other nodes and call the operator of the registry.',
    },
  },
  REGISTRY_VERSION_UNKNOWN: {
    http: 503,
    disposition: 'retry',
    it: 'La copia del registro non è ancora arrivata alla versione richiesta.',
    en: 'The copy of the registry has not reached the version asked for.',
    remedy: {
      it: 'Riprovare tra poco: la copia si aggiorna da sola.',
      en: 'Try again shortly: the copy catches up by itself.',
    },
  },
  REGISTRY_COPY_DAMAGED: {
    http: 500,
    disposition: 'retry',
    it: 'La copia locale del registro non è integra.',
    en: 'The local copy of the registry is not intact.',
    remedy: {
      it: 'Svuotare la tabella registry_copy: il nodo la ricostruisce da registry.state.',
      en: 'Empty the table registry_copy: the node rebuilds it from registry.state.',
    },
  },
  REGISTRY_SNAPSHOT_UNPROVED: {
    http: 503,
    disposition: 'retry',
    it: 'Il registro pubblicato non contiene ciò che dice l’istantanea da cui il nodo è partito.',
    en: 'The published registry does not hold what the snapshot says from which the node started.',
    remedy: {
      it: 'Togliere REGISTRY_SNAPSHOT_FILE e riavviare il nodo: legge il registro intero. Chiedere al gestore del registro da dove viene il file.',
      en: 'Remove REGISTRY_SNAPSHOT_FILE and restart the node: it reads the whole registry. Ask the operator of the registry where the file comes from.',
    },
  },
  REGISTRY_ENTRY_NOT_FOUND: {
    http: 404,
    disposition: 'park',
    it: 'La voce del registro non esiste.',
    en: 'There is no such registry entry.',
    remedy: { it: 'Consultare /v1/head per l’ultimo numero.', en: 'See /v1/head for the last number.' },
  },
  FORM_NOT_REGISTERED: {
    http: 404,
    disposition: 'retry',
    it: 'Il modulo non è registrato.',
    en: 'The form is not registered.',
    remedy: {
      it: 'Registrare il modulo con `reset-hub forms import`.',
      en: 'Register the form with `reset-hub forms import`.',
    },
  },
  FORM_PACKAGE_EMPTY: {
    http: 422,
    disposition: 'park',
    it: 'Il pacchetto non contiene moduli.',
    en: 'The package holds no form.',
    remedy: {
      it: 'I moduli sono i file .xsd della cartella 04_forms; inviare tutto il pacchetto con i percorsi relativi.',
      en: 'Forms are the .xsd files of the folder 04_forms; send the whole package with relative paths.',
    },
  },
  FORM_SCHEMA_TOO_LARGE: {
    http: 422,
    disposition: 'park',
    it: 'Lo schema del modulo, con i file che usa, supera ciò che una voce del registro può contenere.',
    en: 'The schema of the form, with the files it needs, exceeds what a registry entry can hold.',
    remedy: {
      it: 'Ridurre gli elenchi di codici inclusi nello schema.',
      en: 'Shorten the code lists included in the schema.',
    },
  },
  CERTIFICATE_NOT_LISTED: {
    http: 404,
    disposition: 'park',
    it: 'Il certificato non è nel registro.',
    en: 'The certificate is not in the registry.',
    remedy: {
      it: 'Indicare l’impronta SHA-256 di un certificato pubblicato.',
      en: 'Give the SHA-256 fingerprint of a published certificate.',
    },
  },
  CERTIFICATE_ALREADY_REVOKED: {
    http: 409,
    disposition: 'park',
    it: 'Il certificato è già revocato da una data non successiva.',
    en: 'The certificate is already revoked from a date that is not later.',
    remedy: { it: 'Nulla da fare.', en: 'Nothing to do.' },
  },
  CERTIFICATE_IN_USE: {
    http: 409,
    disposition: 'park',
    it: 'Il registro firma con questo certificato.',
    en: 'The registry signs with this certificate.',
    remedy: {
      it: 'Pubblicare il certificato successivo, avviare il registro con quello, poi revocare questo.',
      en: 'Publish its successor, start the registry with that one, then revoke this one.',
    },
  },
  ROOT_NOT_READY: {
    http: 409,
    disposition: 'park',
    it: 'La radice successiva non è pronta.',
    en: 'The root that should follow is not ready.',
    remedy: {
      it: 'Mettere in una cartella di ROOTS_DIR root.crt.pem, new-with-old.crt.pem, signing.crt.pem e signing.key.pem: la nuova radice, la stessa certificata dalla radice in vigore, e il certificato del registro emesso da essa.',
      en: 'Put root.crt.pem, new-with-old.crt.pem, signing.crt.pem and signing.key.pem into a folder of ROOTS_DIR: the new root, the same certified by the root in force, and the certificate of the registry issued by it.',
    },
  },
  ROOT_IN_USE: {
    http: 409,
    disposition: 'park',
    it: 'Questa radice è già in uso, o lo è stata.',
    en: 'This root is in force already, or has been.',
    remedy: {
      it: 'Preparare una radice nuova: una sostituita non torna.',
      en: 'Prepare a new root: one that was replaced does not come back.',
    },
  },
  ANCHOR_NOT_LISTED: {
    http: 404,
    disposition: 'park',
    it: "L'emittente esterno non è nel registro.",
    en: 'The external issuer is not in the registry.',
    remedy: {
      it: "Indicare l'impronta SHA-256 di un emittente esterno pubblicato (GET /v1/anchors).",
      en: 'Give the SHA-256 fingerprint of a published external issuer (GET /v1/anchors).',
    },
  },
  ANCHOR_ALREADY_WITHDRAWN: {
    http: 409,
    disposition: 'park',
    it: "L'emittente esterno è già ritirato da una data non successiva.",
    en: 'The external issuer is already withdrawn from a date that is not later.',
    remedy: { it: 'Nulla da fare.', en: 'Nothing to do.' },
  },
  CERTIFICATE_NOT_NEXT: {
    http: 409,
    disposition: 'park',
    it: 'Il certificato non è il successivo di un titolare già noto al registro.',
    en: 'The certificate is not the next one of a holder that the registry knows.',
    remedy: {
      it: 'Emettere la generazione successiva a quella in elenco, con lo stesso titolare, ruolo e scopo.',
      en: 'Issue the generation that follows the listed one, with the same holder, role and purpose.',
    },
  },
  CATALOGUE_CONFLICT: {
    http: 409,
    disposition: 'park',
    it: 'Il catalogo contraddice ciò che il registro ha già pubblicato.',
    en: 'The catalogue contradicts what the registry has already published.',
    remedy: {
      it: 'Una procedura pubblicata non cambia: aumentarne la versione nel catalogo.',
      en: 'A published procedure does not change: raise its version in the catalogue.',
    },
  },
  CERTIFICATES_UNREADABLE: {
    http: 500,
    disposition: 'park',
    it: 'Il manifesto dei certificati o dei nodi non è leggibile.',
    en: 'The manifest of certificates or of nodes cannot be read.',
    remedy: {
      it: 'Correggere il file indicato: JSON valido, certificati in PEM, uno per file.',
      en: 'Correct the file named: valid JSON, certificates in PEM, one per file.',
    },
  },
} as const satisfies Record<string, ErrorPolicy>;
