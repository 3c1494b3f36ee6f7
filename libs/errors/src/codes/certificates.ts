import type { ErrorPolicy } from '../policy.ts';

/** What is wrong with who signed a document, and when. */
export const CERTIFICATE_CODES = {
  CERTIFICATE_MALFORMED: {
    http: 400,
    disposition: 'park',
    it: 'Il certificato nella firma non si legge.',
    en: 'The certificate in the signature cannot be read.',
    remedy: { it: 'Inserire un certificato X.509 in DER.', en: 'Carry an X.509 certificate in DER.' },
  },
  CERTIFICATE_DIGEST_MISMATCH: {
    http: 400,
    disposition: 'park',
    it: 'Il certificato non è quello che la firma dichiara.',
    en: 'The certificate is not the one the signature names.',
    remedy: {
      it: 'Inserire il certificato con cui è stata fatta la firma.',
      en: 'Carry the certificate with which the signature was made.',
    },
  },
  CERTIFICATE_KEY_UNSUITABLE: {
    http: 400,
    disposition: 'park',
    it: "La chiave o l'uso del certificato non è ammesso per firmare.",
    en: "The certificate's key or key usage is not allowed for signing.",
    remedy: {
      it: 'Firmare con l’algoritmo della chiave: P-256, P-384 o RSA 2048–4096, con un certificato di firma emesso dalla rete.',
      en: 'Sign with the algorithm of the key: P-256, P-384 or RSA 2048–4096, with a signing certificate issued by the network.',
    },
  },
  CERTIFICATE_NOT_YET_VALID: {
    http: 400,
    disposition: 'park',
    it: 'Al momento della firma il certificato non era ancora valido.',
    en: 'At the signing time the certificate was not yet valid.',
    remedy: { it: 'Firmare con un certificato valido.', en: 'Sign with a certificate that is valid.' },
  },
  CERTIFICATE_EXPIRED: {
    http: 400,
    disposition: 'park',
    it: 'Al momento della firma il certificato era scaduto.',
    en: 'At the signing time the certificate had expired.',
    remedy: {
      it: 'Rinnovare il certificato e firmare di nuovo.',
      en: 'Renew the certificate and sign again.',
    },
  },
  CERTIFICATE_UNTRUSTED: {
    http: 403,
    disposition: 'park',
    it: 'Il certificato non è emesso da una CA riconosciuta dalla rete.',
    en: 'The certificate was not issued by a CA that the network trusts.',
    remedy: { it: 'Usare un certificato emesso dalla rete.', en: 'Use a certificate issued by the network.' },
  },
  CERTIFICATE_UNKNOWN: {
    http: 403,
    disposition: 'retry',
    it: "Il certificato non è nell'elenco del registro, per quanto se ne sa qui.",
    en: 'The registry does not list the certificate, as far as is known here.',
    remedy: {
      it: 'Attendere che la copia del registro si aggiorni; se resta così, far pubblicare il certificato.',
      en: 'Wait until the copy of the registry has caught up; if it stays so, have the certificate published.',
    },
  },
  KEY_REVOKED_BEFORE_ARRIVAL: {
    http: 403,
    disposition: 'park',
    it: 'La chiave era revocata quando il documento è arrivato.',
    en: 'The key had been revoked when the document arrived.',
    remedy: {
      it: "Emettere di nuovo l'atto con una chiave valida.",
      en: 'Issue the act again under a valid key.',
    },
  },
  CERTIFICATE_LISTING_DISAGREES: {
    http: 403,
    disposition: 'park',
    it: "Il soggetto del certificato non concorda con l'elenco del registro.",
    en: "The certificate's subject disagrees with the registry's listing.",
    remedy: {
      it: "Segnalare l'anomalia al gestore del registro.",
      en: 'Report it to the operator of the registry.',
    },
  },
  CERTIFICATE_ROLE_WRONG: {
    http: 403,
    disposition: 'park',
    it: 'Il ruolo o lo scopo del certificato non consente questo tipo di firma.',
    en: "The certificate's role or purpose does not allow this kind of signature.",
    remedy: {
      it: 'Firmare con un certificato del ruolo giusto.',
      en: 'Sign with a certificate of the right role.',
    },
  },
  CERTIFICATE_NOT_OF_AUTHOR: {
    http: 403,
    disposition: 'park',
    it: "Il certificato non è dell'ente che il documento indica come autore.",
    en: 'The certificate does not belong to the body that the document names as its author.',
    remedy: { it: "Firmare con il certificato dell'autore.", en: "Sign with the author's own certificate." },
  },
  TRUST_ANCHOR_WRONG: {
    http: 500,
    disposition: 'park',
    it: "La CA indicata non ha l'impronta configurata.",
    en: 'The CA given does not have the configured fingerprint.',
    remedy: {
      it: "Controllare il file della CA e l'impronta nella configurazione.",
      en: 'Check the CA file and the fingerprint in the configuration.',
    },
  },
  TRUST_ANCHOR_WITHDRAWN: {
    http: 403,
    disposition: 'park',
    it: "Il registro ha ritirato l'emittente del certificato prima che il documento arrivasse.",
    en: 'The registry had withdrawn the issuer of the certificate when the document arrived.',
    remedy: {
      it: "Emettere di nuovo l'atto con un certificato di un emittente riconosciuto.",
      en: 'Issue the act again under a certificate of an issuer that counts.',
    },
  },
  CRL_MALFORMED: {
    http: 400,
    disposition: 'park',
    it: 'La lista di revoca non si legge.',
    en: 'The revocation list cannot be read.',
    remedy: {
      it: "Usare una CRL completa in DER o PEM, come la pubblica l'emittente.",
      en: 'Use a complete CRL in DER or PEM, as its issuer publishes it.',
    },
  },
  CRL_UNSUITABLE: {
    http: 422,
    disposition: 'park',
    it: 'La lista di revoca è di un tipo che non si può usare da sola.',
    en: 'The revocation list is of a kind that cannot be used by itself.',
    remedy: {
      it: "Usare la CRL completa e diretta dell'emittente: né delta né indiretta, firmata con SHA-256 o più.",
      en: 'Use the complete, direct CRL of the issuer: no delta, not indirect, signed with SHA-256 or better.',
    },
  },
  CRL_UNTRUSTED: {
    http: 403,
    disposition: 'park',
    it: "La lista di revoca non è dell'emittente indicato.",
    en: 'The revocation list is not by the issuer named.',
    remedy: {
      it: 'Verificare di quale emittente è la CRL; scaricarla di nuovo dal suo punto di distribuzione.',
      en: 'Check which issuer the CRL is of; fetch it again from its distribution point.',
    },
  },
  CRL_STALE: {
    http: 503,
    disposition: 'retry',
    it: 'Una lista di revoca è scaduta: la successiva non è arrivata.',
    en: 'A revocation list is out of date: the next one has not come.',
    remedy: {
      it: "Far pubblicare dal registro la nuova CRL dell'emittente. Lo scambio continua.",
      en: 'Have the registry publish the new CRL of the issuer. Exchange goes on.',
    },
  },
  SIGNING_KEY_UNUSABLE: {
    http: 500,
    disposition: 'park',
    it: 'La chiave di firma non si può usare con il certificato.',
    en: 'The signing key cannot be used with the certificate.',
    remedy: {
      it: 'Controllare i file della chiave e del certificato: P-256, P-384 o RSA 2048–4096, della stessa coppia.',
      en: 'Check the key and certificate files: P-256, P-384 or RSA 2048–4096, of one pair.',
    },
  },
} as const satisfies Record<string, ErrorPolicy>;
