import type { ErrorPolicy } from '../policy.ts';

/** What is wrong with a request at a node's quarantine, and about what operators do there. */
export const QUARANTINE_CODES = {
  QUARANTINE_NOT_FOUND: {
    http: 404,
    disposition: 'park',
    it: 'In quarantena non c’è nulla con questo identificativo.',
    en: 'Nothing in quarantine has this id.',
    remedy: {
      it: 'Elencare la quarantena. Di una voce chiusa da tempo restano le azioni: /v1/actions?subject=quarantine/<id>.',
      en: 'List the quarantine. Of an entry closed long ago the actions remain: /v1/actions?subject=quarantine/<id>.',
    },
  },
  QUARANTINE_ALREADY_CLOSED: {
    http: 409,
    disposition: 'park',
    it: 'Questa voce di quarantena è già stata chiusa.',
    en: 'This quarantine entry is already closed.',
    remedy: { it: 'Nessuna azione necessaria.', en: 'Nothing to do.' },
  },
  QUARANTINE_NOT_DISCARDABLE: {
    http: 409,
    disposition: 'park',
    it: 'I byte sono firmati con una chiave della rete: appartengono a un ente e non si scartano.',
    en: 'The bytes are signed with a key of the network: they are somebody’s and are not discarded.',
    remedy: {
      it: 'Rilasciarli quando i controlli passano, o chiedere al loro autore di riemetterli o annullarli.',
      en: 'Release them when the checks pass, or ask their author to issue them again or void them.',
    },
  },
  QUARANTINE_NOT_DISCARDED: {
    http: 409,
    disposition: 'park',
    it: 'Questa voce di quarantena non è stata scartata.',
    en: 'This quarantine entry was not discarded.',
    remedy: { it: 'Nessuna azione necessaria.', en: 'Nothing to do.' },
  },
  RERUN_NOT_FOUND: {
    http: 404,
    disposition: 'park',
    it: 'Non c’è nessuna riesecuzione con questo identificativo.',
    en: 'There is no re-run with this id.',
    remedy: { it: 'Elencare le riesecuzioni e riprovare.', en: 'List the re-runs and try again.' },
  },
  ACTION_NOT_FOUND: {
    http: 404,
    disposition: 'park',
    it: 'Nessuna azione di un operatore ha questo identificativo.',
    en: 'No operator’s action has this id.',
    remedy: { it: 'Elencare le azioni e riprovare.', en: 'List the actions and try again.' },
  },
} as const satisfies Record<string, ErrorPolicy>;
