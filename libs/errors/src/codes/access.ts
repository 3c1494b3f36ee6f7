import type { ErrorPolicy } from '../policy.ts';

/** Codes of `libs/access`: who may call which route. */
export const ACCESS_CODES = {
  TOKEN_MISSING: {
    http: 401,
    disposition: 'park',
    it: 'Manca il token di accesso.',
    en: 'The access token is missing.',
    remedy: {
      it: 'Inviare «Authorization: Bearer <token>»; un token si crea con «reset-hub token create».',
      en: 'Send "Authorization: Bearer <token>"; "reset-hub token create" makes one.',
    },
  },
  TOKEN_INVALID: {
    http: 401,
    disposition: 'park',
    it: 'Il token di accesso non è valido.',
    en: 'The access token is not valid.',
    remedy: {
      it: 'Usare un token non revocato di questo nodo; un token si crea con «reset-hub token create».',
      en: 'Use a token of this node that is not revoked; "reset-hub token create" makes one.',
    },
  },
  SCOPE_MISSING: {
    http: 403,
    disposition: 'park',
    it: 'Il token non ha il permesso per questa operazione.',
    en: 'The token does not carry the permission for this operation.',
    remedy: {
      it: 'Chiedere a chi gestisce il nodo un token con uno dei permessi indicati.',
      en: 'Ask the operator of the node for a token with one of the scopes named.',
    },
  },
  CLIENT_CERTIFICATE_MISSING: {
    http: 401,
    disposition: 'park',
    it: 'Questa operazione è riservata ai nodi della rete.',
    en: 'This operation is for nodes of the network only.',
    remedy: {
      it: "Chiamare l'indirizzo riservato ai nodi, con il proprio certificato di trasporto.",
      en: 'Call the address for nodes, with your own transport certificate.',
    },
  },
  TOKEN_UNKNOWN: {
    http: 404,
    disposition: 'park',
    it: 'Non esiste un token con questo identificativo.',
    en: 'There is no token with this id.',
    remedy: { it: "Controllare l'elenco dei token.", en: 'Check the list of tokens.' },
  },
  ROUTE_WITHOUT_PERMISSION: {
    http: 500,
    disposition: 'park',
    it: 'Una rotta non dichiara chi può chiamarla.',
    en: 'A route does not say who may call it.',
    remedy: {
      it: 'Aggiungere @Requires(…), @RequiresPeer() o @Public() a ogni rotta elencata.',
      en: 'Add @Requires(…), @RequiresPeer() or @Public() to every route listed.',
    },
  },
  ACCESS_HEADER_MALFORMED: {
    http: 400,
    disposition: 'park',
    it: 'Reset-Hub-Operator o Reset-Hub-Purpose non ha la forma giusta.',
    en: 'Reset-Hub-Operator or Reset-Hub-Purpose does not have the right form.',
    remedy: {
      it: 'Usare al massimo 200 caratteri ASCII stampabili: un identificativo, un numero di fascicolo.',
      en: 'Use at most 200 printable ASCII characters: an identifier, a file number.',
    },
  },
  ACCESS_NOT_FOUND: {
    http: 404,
    disposition: 'park',
    it: 'Questo nodo non ha un accesso con questo identificativo.',
    en: 'This node has no access with this id.',
    remedy: {
      it: 'Controllare l’elenco degli accessi; oltre il termine di conservazione non ci sono più.',
      en: 'Look at the list of accesses; past their retention they are gone.',
    },
  },
  ACCESS_NOT_ANCHORED: {
    http: 409,
    disposition: 'retry',
    it: 'L’accesso non è ancora nel registro di trasparenza.',
    en: 'The access does not stand in the log yet.',
    remedy: {
      it: 'Riprovare tra un minuto; se dura, controllare la chiave di firma del nodo.',
      en: 'Try again in a minute; if it lasts, look at the signing key of the node.',
    },
  },
  ACCESS_ANCHOR_DAMAGED: {
    http: 500,
    disposition: 'park',
    it: 'Gli accessi conservati non danno più la radice firmata: qualcosa è stato alterato.',
    en: 'The accesses kept do not give the root that was signed any more: something was altered.',
    remedy: {
      it: 'Non modificare nulla: conservare il database e avvisare il responsabile della protezione dei dati.',
      en: 'Change nothing: keep the database and tell the data protection officer.',
    },
  },
} as const satisfies Record<string, ErrorPolicy>;
