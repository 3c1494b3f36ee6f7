/** Certificates, the log, and what all that proves and does not: the parts of the summary about the evidence. */
import {
  certificateName,
  CHECKPOINT,
  CONTENTS,
  LOG_KEY,
  SIGNATURES,
  witnessName,
} from '../container-format.ts';
import type { EvidenceFacts } from '../facts.ts';
import { code, file, list, markup, table, time, type Html } from './html.ts';
import { italianTime, revocationWords, ROLE_WORDS } from './words.ts';

export function certificates(facts: EvidenceFacts): Html {
  const rows = facts.certificates.map((certificate) => {
    const { fingerprint, notBefore, notAfter } = certificate;
    const listed = facts.registry.certificate(fingerprint);
    const state =
      listed === undefined
        ? 'non elencato nel registro della rete'
        : listed.revokedFrom === null
          ? 'non revocato'
          : revocationWords(listed.revokedFrom, listed.revocationReason);
    const holder = listed?.holder ?? certificate.subject?.holder ?? '?';
    return [
      markup`${facts.bodyName(holder)}<br><small>${listed === undefined ? '' : ROLE_WORDS[listed.role]}</small>`,
      markup`dal ${time(notBefore, italianTime(notBefore))} al ${time(notAfter, italianTime(notAfter))}`,
      state,
      markup`${file(certificateName(holder, fingerprint), 'certificato')}<br><small>${code(fingerprint)}</small>`,
    ];
  });
  const columns = [
    { title: 'Titolare', isHead: true },
    { title: 'Valido' },
    { title: 'Stato nel registro della rete' },
    { title: 'File e impronta (SHA-256)' },
  ];
  return markup`<p>Stato secondo le voci del registro della rete riportate qui (fino alla voce ${facts.registry.number}). Una chiave soltanto sostituita, o revocata dopo, non toglie valore a ciò che aveva firmato prima.</p>\n${table('Certificati con cui è stato firmato ciò che è qui', columns, rows)}`;
}

export function transparency(facts: EvidenceFacts): Html {
  const { log } = facts;
  const rows = log.witnesses.map(({ holder, time: at }) => [
    facts.bodyName(holder),
    time(at, italianTime(at)),
    file(witnessName(holder), 'dichiarazione della chiave'),
  ]);
  const columns = [{ title: 'Testimone', isHead: true }, { title: 'Ha controfirmato il' }, { title: 'File' }];
  const witnessed =
    rows.length === 0
      ? markup`<p><strong>Nessun testimone ha controfirmato questo punto del registro</strong>: che tutti vedano lo stesso registro lo dice solo chi lo tiene.</p>\n`
      : table('Testimoni che hanno controfirmato', columns, rows);
  return markup`<p>Tutte le prove valgono per un solo punto del ${file(CHECKPOINT, 'registro di trasparenza')} ${code(log.origin)}: ${log.size} voci, radice ${code(log.root)}. Chiave del registro: ${file(LOG_KEY, 'vkey')}.</p>\n${witnessed}`;
}

const SEAL_MEANS = markup`<dt>Il sigillo del contenitore</dt><dd>Chi tiene il registro di trasparenza ha messo insieme questi file e nessun altro, e da allora nessuno li ha cambiati.</dd>`;
const NO_SEAL_MEANS = markup`<dt>Il sigillo del contenitore</dt><dd>Non c’è: ogni documento ha la propria firma e la propria prova, ma nessuno dichiara che siano tutti.</dd>`;

export function meaning({ making }: EvidenceFacts): Html {
  return markup`<dl>
<dt>Il documento firmato di un evento</dt><dd>L’amministrazione che lo ha firmato ha dichiarato proprio questo, byte per byte (XAdES, sigillo elettronico dell’amministrazione).</dd>
<dt>La decisione dell’instradatore</dt><dd>L’evento è stato accettato, ha quella posizione nella pratica, e per quelle regole era destinato a quelle amministrazioni.</dd>
<dt>La ricevuta</dt><dd>L’amministrazione che la firma dichiara di avere ricevuto l’evento o i suoi documenti, o di averlo registrato al protocollo.</dd>
<dt>La prova nel registro (tlog-proof)</dt><dd>Il documento è nel registro di trasparenza: chi lo tiene non può toglierlo o cambiarlo senza che si veda.</dd>
<dt>La controfirma di un testimone</dt><dd>A quell’ora quella amministrazione aveva visto lo stesso registro, e nessuno più grande.</dd>
<dt>Le voci del registro della rete, i certificati, le liste di revoca</dt><dd>Di chi era ogni chiave, e se allora era valida.</dd>
${making.sealed ? SEAL_MEANS : NO_SEAL_MEANS}
</dl>\n`;
}

export function checking({ making: { sealed } }: EvidenceFacts): Html {
  const command = `reset-hub audit verify FILE.zip --vkey CHIAVE --root IMPRONTA${sealed ? '' : ' --unsealed'}`;
  const seal = markup`<li>Il sigillo (${code(SIGNATURES)}) con qualsiasi programma che legge contenitori ASiC-E con firme XAdES, indicando come attendibile il certificato della radice in ${code('certificati/')}.</li>\n`;
  return markup`<ol>
<li>Senza rete e senza fidarsi di chi ha rilasciato il contenitore: ${code(command)}. La chiave del registro e l’impronta (SHA-256) della radice della rete vanno chieste a qualcuno di cui ci si fida, per un’altra via: quelle che sono qui dentro non provano sé stesse.</li>
${sealed ? seal : ''}<li>Ogni file di ${code('eventi/')} e di ${code('lotti/')} è un documento XML con la propria firma XAdES: si verifica anche da solo. Decisioni e ricevute sono firmate a lotti: ${code('lotti/')} ha i lotti firmati, ${code('leggibili/')} ogni singolo elemento, e il percorso che lo lega al lotto è nel documento come ha viaggiato (RFC 6962).</li>
<li>Ogni file di ${code('prove/')} con qualsiasi programma che legge c2sp.org/tlog-proof.</li>
<li>Un documento che si possiede: l’impronta SHA-256 del sale seguito dai suoi byte è quella della tabella. Il sale è consegnato insieme al documento.</li>
</ol>
<p>Quali file ci sono, per un programma: ${file(CONTENTS)}.</p>\n`;
}

export function notProved(): Html {
  return list([
    'Che il contenuto di un atto sia giusto o legittimo: solo chi lo ha firmato, e che è nel registro.',
    'L’ora esatta: ogni ora è quella dichiarata da chi ha firmato. Prima dell’ora delle controfirme, in ogni caso.',
    'Che cosa c’è nei documenti: qui ci sono solo le loro impronte. Il contenuto sta presso le amministrazioni, e il diritto di averne copia si esercita verso di loro.',
    'Che nulla sia successo fuori dalla rete, o dopo questo punto del registro.',
    'Quale persona ha agito: le azioni degli operatori hanno un riferimento che solo il loro nodo sa ricondurre a qualcuno.',
    'Che il registro della rete non abbia altre revoche, se le sue voci non sono qui tutte: lo mostra il registro intero.',
  ]);
}
