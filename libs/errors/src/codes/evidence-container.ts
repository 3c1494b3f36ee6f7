import type { ErrorPolicy } from '../policy.ts';

/** Codes of the containers of evidence (ASiC-E) that a party gets on an access request. */
export const EVIDENCE_CONTAINER_CODES = {
  EVIDENCE_CONTAINER_MALFORMED: {
    http: 400,
    disposition: 'park',
    it: 'Il file non è un contenitore di prove ASiC-E che tutti leggano allo stesso modo.',
    en: 'The file is not an ASiC-E container of evidence that everybody reads alike.',
    remedy: {
      it: 'Chiedere di nuovo il contenitore a chi lo ha rilasciato; conservare questo file se si sospetta un’alterazione.',
      en: 'Ask whoever issued it for the container again; keep this file if it may have been altered.',
    },
  },
  EVIDENCE_NAME_UNSAFE: {
    http: 400,
    disposition: 'park',
    it: 'Il contenitore ha un file con un nome non ammesso.',
    en: 'The container has a file whose name is not allowed.',
    remedy: {
      it: 'Non estrarre il contenitore: il nome può uscire dalla cartella. Chiederlo di nuovo a chi lo ha rilasciato.',
      en: 'Do not unpack the container: the name may lead out of the folder. Ask whoever issued it again.',
    },
  },
  EVIDENCE_NAME_DUPLICATE: {
    http: 400,
    disposition: 'park',
    it: 'Il contenitore ha due file con lo stesso nome.',
    en: 'The container has two files of one name.',
    remedy: {
      it: 'Non usarlo: programmi diversi vi leggono cose diverse. Chiederlo di nuovo a chi lo ha rilasciato.',
      en: 'Do not use it: different programs read different things in it. Ask whoever issued it again.',
    },
  },
  EVIDENCE_TOO_LARGE: {
    http: 422,
    disposition: 'park',
    it: 'Il contenitore supera i limiti di dimensione o di numero di file.',
    en: 'The container exceeds the limits of size or number of files.',
    remedy: {
      it: 'Per una pratica così grande usare «reset-hub audit export»; un contenitore ricevuto con questi valori non va aperto.',
      en: 'For a practice that large use `reset-hub audit export`; do not open a container received with such figures.',
    },
  },
  EVIDENCE_FILE_MISSING: {
    http: 422,
    disposition: 'park',
    it: 'Nel contenitore manca un file che il contenuto nomina.',
    en: 'The container lacks a file that its contents name.',
    remedy: {
      it: 'Il contenitore non è intero: chiederlo di nuovo a chi lo ha rilasciato.',
      en: 'The container is not whole: ask whoever issued it again.',
    },
  },
  EVIDENCE_NOT_SEALED: {
    http: 422,
    disposition: 'park',
    it: 'Il contenitore non ha sigillo.',
    en: 'The container has no seal.',
    remedy: {
      it: 'Se è stato fatto da una copia del registro: audit verify … --unsealed verifica tutto il resto. Altrimenti il sigillo è stato tolto: chiedere di nuovo il contenitore.',
      en: 'If it was made of a copy of the log: audit verify … --unsealed checks everything else. Else its seal was taken off: ask for the container again.',
    },
  },
  EVIDENCE_FILE_UNSEALED: {
    http: 422,
    disposition: 'park',
    it: 'Il contenitore ha un file che il sigillo non copre o che non vi appartiene.',
    en: 'The container has a file that its seal does not cover, or that does not belong in it.',
    remedy: {
      it: 'Non fidarsi di quel file: è stato aggiunto dopo. Chiedere di nuovo il contenitore.',
      en: 'Do not believe that file: it was added afterwards. Ask for the container again.',
    },
  },
  EVIDENCE_FILE_ALTERED: {
    http: 422,
    disposition: 'park',
    it: 'Un file del contenitore non è quello che è stato sigillato.',
    en: 'A file in the container is not the one that was sealed.',
    remedy: {
      it: 'Conservare il contenitore come prova dell’alterazione e chiederne un altro.',
      en: 'Keep the container as evidence of the alteration, and ask for another one.',
    },
  },
  EVIDENCE_CONTENT_DISAGREES: {
    http: 422,
    disposition: 'park',
    it: 'Due parti del contenitore non vanno d’accordo.',
    en: 'Two parts of the container do not agree.',
    remedy: {
      it: 'Chi ha sigillato il contenitore ne risponde: segnalarglielo con il nome del file.',
      en: 'Whoever sealed the container answers for it: tell them, with the name of the file.',
    },
  },
  EVIDENCE_SUMMARY_DIFFERS: {
    http: 422,
    disposition: 'park',
    it: 'Il riepilogo non dice ciò che dicono i documenti firmati.',
    en: 'The summary does not say what the signed documents say.',
    remedy: {
      it: 'Non leggere il riepilogo: contano i documenti firmati. Segnalarlo a chi ha sigillato il contenitore.',
      en: 'Do not read the summary: the signed documents count. Report it to whoever sealed the container.',
    },
  },
  EVIDENCE_POSITION_MISSING: {
    http: 422,
    disposition: 'park',
    it: 'Nel contenitore manca un evento della pratica: le posizioni non sono consecutive.',
    en: 'The container lacks an event of the practice: its positions are not consecutive.',
    remedy: {
      it: 'Chiedere l’evento della posizione indicata: il registro di trasparenza lo prova.',
      en: 'Ask for the event of the position named: the log proves it.',
    },
  },
} as const satisfies Record<string, ErrorPolicy>;
