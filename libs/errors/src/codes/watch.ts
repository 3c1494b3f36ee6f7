import type { ErrorPolicy } from '../policy.ts';

/** What a monitor of the log, and a comparison of topics with it, have to tell. */
export const WATCH_CODES = {
  TOPIC_RECORD_NOT_LOGGED: {
    http: 422,
    disposition: 'park',
    it: 'Su un topic c’è un record che non è nel registro di trasparenza e che l’auditor non ha rifiutato.',
    en: 'A topic holds a record that is not in the log and that the auditor has not refused.',
    remedy: {
      it: 'Conservare il record (topic, partizione, offset) e chiedere conto all’auditor: o l’ha saltato, o qualcuno l’ha scritto dopo. Rileggere il flusso con reset-hub streams rewind --at auditor e ripetere.',
      en: 'Keep the record (topic, partition, offset) and ask the auditor: it has left it out, or somebody has written it since. Have the stream read again with reset-hub streams rewind --at auditor, and compare again.',
    },
  },
  TOPIC_RECORD_MISSING: {
    http: 422,
    disposition: 'park',
    it: 'Il registro di trasparenza contiene un documento che non è più sul suo topic, dove dovrebbe essere ancora.',
    en: 'The log has a document that is not on its topic, where it should still be.',
    remedy: {
      it: 'Qualcuno ha cancellato record o il topic: controllare chi amministra il broker. Il documento resta nell’archivio dell’auditor.',
      en: 'Somebody has deleted records, or the topic: ask who administers the broker. The document is still in the auditor’s archive.',
    },
  },
  WATCH_LOG_SILENT: {
    http: 503,
    disposition: 'retry',
    it: 'Da troppo tempo nessuno mostra che il registro di trasparenza sia ancora attuale.',
    en: 'For too long nobody has shown that the log is still current.',
    remedy: {
      it: 'Chiedere all’auditor se è fermo, e ai testimoni (reset-hub audit witnesses) che cosa hanno firmato per ultimo: un registro che tace può nascondere ciò che riceve.',
      en: 'Ask the auditor whether it stands still, and the witnesses (reset-hub audit witnesses) what they have cosigned last: a log that is silent may be hiding what it is sent.',
    },
  },
  WATCH_WITNESSES_LATE: {
    http: 503,
    disposition: 'retry',
    it: 'Da troppo tempo il registro di trasparenza cresce senza che abbastanza testimoni lo confermino.',
    en: 'For too long the log has grown without enough witnesses confirming it.',
    remedy: {
      it: 'reset-hub audit witnesses dice chi tace e perché. Finché dura, a lettori diversi si potrebbero mostrare storie diverse.',
      en: 'reset-hub audit witnesses says who is silent, and why. While it lasts, different readers could be shown different histories.',
    },
  },
  WATCH_LOG_UNREACHABLE: {
    http: 503,
    disposition: 'retry',
    it: 'Il registro di trasparenza non è raggiungibile.',
    en: 'The log cannot be reached.',
    remedy: {
      it: 'Controllare la rete e l’indirizzo; se l’auditor è spento, chiedere da quando e perché. Il monitoraggio continua a provare.',
      en: 'Look at the network and the address; if the auditor is down, ask since when and why. The monitor goes on trying.',
    },
  },
  WATCH_READ_REFUSED: {
    http: 403,
    disposition: 'park',
    it: 'Il registro di trasparenza non permette di leggere ciò che va controllato.',
    en: 'The log does not let this monitor read what it has to check.',
    remedy: {
      it: 'Chiedere un token con scope audit (--token-file), o controllare solo ciò che è permesso con --check tree o --check checkpoint.',
      en: 'Ask for a token with scope audit (--token-file), or check only what is permitted, with --check tree or --check checkpoint.',
    },
  },
  AUDIT_ALARM_UNKNOWN: {
    http: 404,
    disposition: 'park',
    it: 'Nessun allarme aperto ha questo identificativo.',
    en: 'No open alarm has this id.',
    remedy: {
      it: 'reset-hub audit watch --once elenca gli allarmi aperti con il loro identificativo.',
      en: 'reset-hub audit watch --once lists the open alarms with their ids.',
    },
  },
} as const satisfies Record<string, ErrorPolicy>;
