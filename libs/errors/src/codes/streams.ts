import type { ErrorPolicy } from '../policy.ts';

/** What is wrong with a request to read a stream again. */
export const STREAM_CODES = {
  STREAM_UNKNOWN: {
    http: 404,
    disposition: 'park',
    it: 'Il nodo non ha un flusso con questo nome.',
    en: 'The node has no stream of this name.',
    remedy: { it: 'Elencare i flussi e riprovare.', en: 'List the streams and try again.' },
  },
  STREAM_NOT_REWINDABLE: {
    http: 409,
    disposition: 'park',
    it: 'Questo topic è letto senza una posizione di gruppo: non si può riportare indietro.',
    en: 'This topic is read without a group’s position: it cannot be taken back.',
    remedy: {
      it: 'Nessuna azione: il nodo lo rilegge da sé quando serve, al riavvio.',
      en: 'Nothing to do: the node reads it again by itself when it has to, at its start.',
    },
  },
  STREAM_TOPIC_UNKNOWN: {
    http: 422,
    disposition: 'park',
    it: 'Il flusso non legge questo topic o questa partizione.',
    en: 'The stream does not read this topic or partition.',
    remedy: {
      it: 'Elencare i flussi con i loro topic e riprovare.',
      en: 'List the streams with their topics and try again.',
    },
  },
  REWIND_BEFORE_RETENTION: {
    http: 422,
    disposition: 'park',
    it: 'I topic potrebbero non conservare più i record di quel momento.',
    en: 'The topics may no longer hold the records of that time.',
    remedy: {
      it: 'Ripartire dal primo momento possibile, indicato nel messaggio; ciò che è più vecchio si recupera con la riconciliazione.',
      en: 'Begin at the earliest time, which the message names; what is older comes back by reconciliation.',
    },
  },
  REWIND_EMPTY: {
    http: 409,
    disposition: 'park',
    it: 'Da quel momento in poi il flusso non ha ancora trattato nulla: non c’è nulla da rileggere.',
    en: 'From that point on the stream has handled nothing yet: there is nothing to read again.',
    remedy: {
      it: 'Indicare un momento precedente; con una prova (dry run) si vede quanti record sarebbero.',
      en: 'Name an earlier point; a dry run tells how many records that would be.',
    },
  },
  REWIND_NOT_FOUND: {
    http: 404,
    disposition: 'park',
    it: 'Non c’è nessuna rilettura con questo identificativo.',
    en: 'There is no rewind with this id.',
    remedy: { it: 'Elencare le riletture e riprovare.', en: 'List the rewinds and try again.' },
  },
} as const satisfies Record<string, ErrorPolicy>;
