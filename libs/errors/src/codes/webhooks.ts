import type { ErrorPolicy } from '../policy.ts';

/** Codes of pushing the feed to partners' systems. */
export const WEBHOOK_CODES = {
  WEBHOOK_NOT_FOUND: {
    http: 404,
    disposition: 'park',
    it: 'Questo nodo non ha una sottoscrizione con questo identificativo.',
    en: 'This node has no webhook with this id.',
    remedy: { it: 'Controllare l’elenco delle sottoscrizioni.', en: 'Check the list of webhooks.' },
  },
  WEBHOOK_URL_REFUSED: {
    http: 422,
    disposition: 'park',
    it: 'L’indirizzo non è ammesso: serve un URL https senza credenziali e senza frammento.',
    en: 'The address is not allowed: it must be an https URL without credentials or fragment.',
    remedy: {
      it: 'Indicare un URL https; le richieste sono firmate, quindi nell’URL non servono segreti.',
      en: 'Give an https URL; requests are signed, so the URL needs no secrets.',
    },
  },
  WEBHOOK_ADDRESS_REFUSED: {
    http: 422,
    disposition: 'retry',
    it: 'Il nome porta a un indirizzo di rete privato, locale o riservato, non ammesso.',
    en: 'The name leads to a private, local or reserved network address that is not allowed.',
    remedy: {
      it: 'Usare un indirizzo pubblico, oppure far ammettere la rete in WEBHOOK_ALLOWED_ADDRESSES.',
      en: 'Use a public address, or have the network allowed in WEBHOOK_ALLOWED_ADDRESSES.',
    },
  },
  WEBHOOK_LIMIT_REACHED: {
    http: 409,
    disposition: 'park',
    it: 'Il nodo ha già il numero massimo di sottoscrizioni.',
    en: 'The node has as many webhooks as it can have.',
    remedy: {
      it: 'Eliminare quelle che non servono più, o leggere il feed.',
      en: 'Delete those that are not needed any more, or read the feed.',
    },
  },
  WEBHOOK_UNREACHABLE: {
    http: 502,
    disposition: 'retry',
    it: 'Il sistema destinatario non si raggiunge, o il suo certificato TLS non è valido.',
    en: 'The receiving system cannot be reached, or its TLS certificate is not valid.',
    remedy: {
      it: 'Controllare nome, porta, firewall e certificato; la consegna viene ritentata da sola.',
      en: 'Check name, port, firewall and certificate; delivery is tried again by itself.',
    },
  },
  WEBHOOK_TIMEOUT: {
    http: 504,
    disposition: 'retry',
    it: 'Il sistema destinatario non ha risposto in tempo.',
    en: 'The receiving system did not answer in time.',
    remedy: {
      it: 'Rispondere subito con 2xx e trattare il messaggio dopo; la consegna viene ritentata da sola.',
      en: 'Answer 2xx at once and work on the message afterwards; delivery is tried again by itself.',
    },
  },
  WEBHOOK_REDIRECTED: {
    http: 502,
    disposition: 'retry',
    it: 'Il sistema destinatario rimanda a un altro indirizzo: i rinvii non vengono seguiti.',
    en: 'The receiving system redirects: redirects are not followed.',
    remedy: {
      it: 'Cambiare l’URL della sottoscrizione con quello definitivo.',
      en: 'Change the webhook’s URL to the final one.',
    },
  },
  WEBHOOK_ANSWER_REFUSED: {
    http: 502,
    disposition: 'retry',
    it: 'Il sistema destinatario non ha risposto 2xx.',
    en: 'The receiving system did not answer 2xx.',
    remedy: {
      it: 'Vedere lo stato nel registro dei tentativi; la consegna viene ritentata da sola.',
      en: 'See the status in the log of attempts; delivery is tried again by itself.',
    },
  },
  WEBHOOK_GONE: {
    http: 410,
    disposition: 'park',
    it: 'Il sistema destinatario ha risposto 410: non vuole più messaggi.',
    en: 'The receiving system answered 410: it wants no more messages.',
    remedy: {
      it: 'Eliminare la sottoscrizione, o correggere l’URL e riprenderla: nulla è perso.',
      en: 'Delete the webhook, or correct its URL and resume it: nothing is lost.',
    },
  },
  WEBHOOK_UNDELIVERED: {
    http: 502,
    disposition: 'park',
    it: 'Un messaggio non è stato consegnato per 24 ore: la sottoscrizione è sospesa.',
    en: 'A message could not be delivered for 24 hours: the webhook is suspended.',
    remedy: {
      it: 'Riparare il sistema destinatario e riprendere la sottoscrizione: riparte da dov’era; il feed ha comunque tutto.',
      en: 'Mend the receiving system and resume the webhook: it goes on where it was; the feed has everything meanwhile.',
    },
  },
} as const satisfies Record<string, ErrorPolicy>;
