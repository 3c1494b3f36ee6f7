import type { ErrorPolicy } from '../policy.ts';

/** Keys that live in a token (HSM, smart card) behind PKCS#11: what is wrong at the start, and what may pass later. */
export const HSM_CODES = {
  PKCS11_URI_INVALID: {
    http: 500,
    disposition: 'park',
    it: "L'URI pkcs11 della chiave non è utilizzabile.",
    en: 'The pkcs11 URI of the key cannot be used.',
    remedy: {
      it: 'Scrivere «pkcs11:token=…;object=…?module-path=/…&pin-source=file:/…» (RFC 7512), con il PIN in un file.',
      en: 'Write "pkcs11:token=…;object=…?module-path=/…&pin-source=file:/…" (RFC 7512), with the PIN in a file.',
    },
  },
  PKCS11_MODULE_UNUSABLE: {
    http: 500,
    disposition: 'retry',
    it: 'Il modulo PKCS#11 non si carica o non si avvia.',
    en: 'The PKCS#11 module cannot be loaded or does not start.',
    remedy: {
      it: 'Controllare module-path, che il modulo sia per questa architettura e che «npm ls koffi» lo trovi installato.',
      en: 'Check module-path, that the module is built for this architecture, and that "npm ls koffi" finds it installed.',
    },
  },
  HSM_TOKEN_ABSENT: {
    http: 503,
    disposition: 'retry',
    it: "Nessun token presente corrisponde all'URI.",
    en: 'No token that is present matches the URI.',
    remedy: {
      it: 'Collegare il token o la sua rete, e confrontare token, serial, model e manufacturer con quelli elencati.',
      en: 'Connect the token or its network, and compare token, serial, model and manufacturer with those listed.',
    },
  },
  HSM_TOKEN_AMBIGUOUS: {
    http: 500,
    disposition: 'retry',
    it: "Più token corrispondono all'URI.",
    en: 'Several tokens match the URI.',
    remedy: {
      it: "Aggiungere il serial del token all'URI.",
      en: 'Add the serial of the token to the URI.',
    },
  },
  HSM_PIN_REFUSED: {
    http: 500,
    disposition: 'retry',
    it: 'Il token non accetta il PIN.',
    en: 'The token does not accept the PIN.',
    remedy: {
      it: 'Correggere il file di pin-source prima di riavviare: ogni tentativo sbagliato avvicina il blocco del token.',
      en: 'Correct the file of pin-source before starting again: each wrong attempt brings the token closer to locking.',
    },
  },
  HSM_PIN_LOCKED: {
    http: 500,
    disposition: 'retry',
    it: 'Il PIN del token è bloccato, o resta un solo tentativo: non è stato provato.',
    en: "The token's PIN is locked, or has one attempt left: it was not tried.",
    remedy: {
      it: 'Accedere una volta a mano con il PIN giusto (azzera il contatore), o far sbloccare il token al suo amministratore.',
      en: 'Log in once by hand with the right PIN (that resets the counter), or have the security officer unlock the token.',
    },
  },
  HSM_KEY_ABSENT: {
    http: 500,
    disposition: 'retry',
    it: "Nel token nessuna chiave privata corrisponde all'URI.",
    en: 'No private key in the token matches the URI.',
    remedy: {
      it: 'Controllare object e id, e che il PIN sia quello di un utente che vede la chiave.',
      en: 'Check object and id, and that the PIN is of a user who sees the key.',
    },
  },
  HSM_KEY_AMBIGUOUS: {
    http: 500,
    disposition: 'retry',
    it: "Nel token più chiavi private corrispondono all'URI.",
    en: 'Several private keys in the token match the URI.',
    remedy: {
      it: "Aggiungere all'URI l'id della chiave.",
      en: 'Add the id of the key to the URI.',
    },
  },
  SIGNING_KEY_UNAVAILABLE: {
    http: 503,
    disposition: 'retry',
    it: 'La chiave di firma non è raggiungibile in questo momento: nulla è stato salvato.',
    en: 'The signing key cannot be reached at the moment: nothing was stored.',
    remedy: {
      it: 'Attendere i secondi indicati da Retry-After e ripetere; se resta così, il gestore del nodo controlli il token.',
      en: "Wait for the seconds that Retry-After names and send it again; if it stays so, the node's operator checks the token.",
    },
  },
} as const satisfies Record<string, ErrorPolicy>;
