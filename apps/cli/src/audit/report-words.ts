/** A verification's report for people: Italian or English, without a word that only a programmer knows. */
import { ERROR_POLICIES, isErrorCode, type Language } from '#errors';
import type { AuditReport, AuditStep, NoteKind, StepResult } from '#audit';
import { fields, table } from '../output/table.ts';

type InBoth = Readonly<Record<Language, string>>;

/** Findings that are written out one by one on the terminal: the report file has a thousand. */
const WRITTEN_OUT = 20;

const STEPS: Readonly<Record<AuditStep, InBoth>> = {
  checkpoint: { it: 'firma del registro sul checkpoint', en: "the log's signature on the checkpoint" },
  witnesses: { it: 'firme dei testimoni', en: "the witnesses' signatures" },
  consistency: { it: 'continua ciò che si era visto prima', en: 'continues what was seen before' },
  registry: {
    it: 'catena del registro degli enti e delle chiavi',
    en: "the registry's chain of bodies and keys",
  },
  tree: {
    it: "l'intero albero ricalcolato dalle voci",
    en: 'the whole tree, computed again from the entries',
  },
  entries: { it: 'ogni voce nella sua forma', en: 'each entry in its form' },
  documents: {
    it: 'ogni documento archiviato è quello registrato',
    en: 'each archived document is the one logged',
  },
  signatures: {
    it: 'ogni firma, con il certificato com’era allora',
    en: 'each signature, with the certificate as it was then',
  },
  order: {
    it: 'niente due volte, niente in mezzo che manchi',
    en: 'nothing twice, nothing missing in between',
  },
};

const RESULTS: Readonly<Record<StepResult, InBoth>> = {
  passed: { it: 'a posto', en: 'right' },
  failed: { it: 'RILIEVI', en: 'FINDINGS' },
  skipped: { it: 'non chiesto', en: 'not asked for' },
  'not-reached': { it: 'non raggiunto', en: 'not reached' },
};

const NOTES: Readonly<Record<NoteKind, InBoth>> = {
  'no-witness-asked': {
    it: 'Nessuna chiave di testimoni indicata (--witness o --policy): che a tutti sia mostrato lo stesso registro non è provato.',
    en: 'No witness’s key was given (--witness or --policy): that everyone is shown the same log is not proved.',
  },
  'root-from-copy': {
    it: 'La radice di fiducia è quella che la copia stessa dichiara: confrontarne l’impronta con quella ricevuta per altra via, o indicarla con --root.',
    en: 'The root of trust is the one that the copy itself names: compare its fingerprint with the one that came to you another way, or name it with --root.',
  },
  'document-not-in-copy': {
    it: 'Documenti non compresi in questa copia: ne è provata l’impronta, non il contenuto.',
    en: 'Documents that this copy does not have: their digests are proved, their contents are not.',
  },
  'event-without-decision': {
    it: 'Eventi su cui il registro non ha una decisione: non ancora collocati, trattenuti o respinti.',
    en: 'Events that no decision in the log is about: not placed yet, held or refused.',
  },
  'decision-of-other-copy': {
    it: 'Decisioni che nominano un’altra copia dello stesso evento firmato.',
    en: 'Decisions that name another copy of the same signed event.',
  },
  'not-settled': {
    it: 'Voci fra le più recenti, di cui manca ancora il corrispondente: verificare una copia più recente.',
    en: 'Leaves among the newest whose counterpart is not there yet: verify a newer copy.',
  },
  'accesses-overlap': {
    it: 'Gruppi di consultazioni di un nodo che si sovrappongono nel tempo (letture durante il raggruppamento, orologio spostato, base dati ripristinata): contandole, alcune possono figurare due volte.',
    en: 'Anchors of a node’s accesses whose times overlap (reads while it anchored, a clock that was set back, a restored database): whoever counts them may count some twice.',
  },
  'key-revoked-later': {
    it: 'Firme valide quando furono accettate, con chiavi poi revocate a partire da un momento precedente: valutarle.',
    en: 'Signatures that counted when they were accepted, by keys that were revoked afterwards from an earlier moment: weigh them.',
  },
  'begun-anew': {
    it: 'La copia è cambiata dopo la verifica interrotta, che è ricominciata da capo.',
    en: 'The copy has changed since the verification was interrupted: it began anew.',
  },
};

const WORDS = {
  verified: { it: 'VERIFICATO', en: 'VERIFIED' },
  findings: { it: 'RILIEVI', en: 'FINDINGS' },
  log: { it: 'registro', en: 'log' },
  size: { it: 'voci', en: 'leaves' },
  root: { it: 'radice', en: 'root' },
  cosigned: { it: 'firmato anche da', en: 'cosigned by' },
  continues: { it: 'continua', en: 'continues' },
  network: { it: 'rete', en: 'network' },
  networkRoot: { it: 'impronta della radice', en: 'fingerprint of the root' },
  documents: { it: 'documenti', en: 'documents' },
  step: { it: 'controllo', en: 'check' },
  result: { it: 'esito', en: 'result' },
  leaf: { it: 'voce', en: 'leaf' },
  more: {
    it: 'altri rilievi: --report ne scrive fino a mille',
    en: 'more findings: --report writes a thousand of them',
  },
} as const satisfies Record<string, InBoth>;

/** The report as text. */
export function reportInWords(report: AuditReport, language: Language): string {
  const word = (name: keyof typeof WORDS): string => WORDS[name][language];
  const { findings, steps } = report;
  const heading = findings.total === 0 ? word('verified') : `${word('findings')}: ${findings.total}`;
  const rows = steps.map(({ step, result }) => [STEPS[step][language], RESULTS[result][language]]);
  return [
    [heading, summary(report, word)].filter((part) => part !== '').join('\n'),
    table([word('step'), word('result')], rows),
    ...codesInWords(report, language),
    ...listed(report, language),
    ...report.notes.map(({ kind, count }) => `${count > 1 ? `${count} × ` : ''}${NOTES[kind][language]}`),
  ].join('\n\n');
}

function summary(
  { log, witnesses, continues, registry, counts }: AuditReport,
  word: (name: keyof typeof WORDS) => string,
): string {
  if (log === null) return '';
  const kinds = Object.entries(counts.leaves).map(([kind, count]) => `${count} ${kind}`);
  return fields({
    [word('log')]: log.origin,
    [word('size')]: [String(log.size), ...kinds].join(', '),
    [word('root')]: log.root,
    [word('documents')]: String(counts.documents),
    ...(witnesses.by.length === 0
      ? {}
      : { [word('cosigned')]: witnesses.by.map(({ name, at }) => `${name} (${at})`).join(', ') }),
    ...(continues.length === 0
      ? {}
      : { [word('continues')]: continues.map(({ from, size }) => `${size} (${from})`).join(', ') }),
    ...(registry === null
      ? {}
      : { [word('network')]: registry.network ?? '-', [word('networkRoot')]: registry.root }),
  });
}

/** What each code means, and what to do. */
function codesInWords({ findings }: AuditReport, language: Language): string[] {
  return Object.entries(findings.byCode).map(([code, count]) => {
    if (!isErrorCode(code)) return `${code} × ${count}`;
    const policy = ERROR_POLICIES[code];
    return `${code} × ${count}\n  ${policy[language]}\n  → ${policy.remedy[language]}`;
  });
}

function listed({ findings }: AuditReport, language: Language): string[] {
  if (findings.total === 0) return [];
  const lines = findings.listed
    .slice(0, WRITTEN_OUT)
    .map(({ code, index, message }) =>
      index === null ? `- ${code}: ${message}` : `- ${WORDS.leaf[language]} ${index}, ${code}: ${message}`,
    );
  const more = findings.total - lines.length;
  return [[...lines, ...(more > 0 ? [`… ${more} ${WORDS.more[language]}`] : [])].join('\n')];
}
