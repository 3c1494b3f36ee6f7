/** What was found of a container of evidence, for people: Italian or English. */
import { ERROR_POLICIES, type Language } from '#errors';
import type { EvidenceCheck, EvidenceNote, EvidenceReport, EvidenceStep } from '#audit';
import type { Missing } from './evidence-of-copy.ts';
import { fields, table } from '../output/table.ts';

type InBoth = Readonly<Record<Language, string>>;

/** Faults that are written out one by one on the terminal. */
const WRITTEN_OUT = 20;

const STEPS: Readonly<Record<EvidenceStep, InBoth>> = {
  container: {
    it: 'contenitore ASiC-E che tutti leggono allo stesso modo',
    en: 'an ASiC-E container that everybody reads alike',
  },
  manifest: {
    it: 'l’elenco nomina ogni file e nessun altro',
    en: 'the manifest names every file and no other',
  },
  files: { it: 'ogni file è quello sigillato', en: 'each file is the one that was sealed' },
  registry: {
    it: 'voci del registro degli enti e delle chiavi',
    en: 'entries of the registry of bodies and keys',
  },
  seal: { it: 'sigillo del contenitore', en: 'the container’s seal' },
  documents: {
    it: 'ogni firma, con il certificato com’era allora',
    en: 'each signature, with the certificate as it was then',
  },
  checkpoint: { it: 'firma del registro di trasparenza', en: "the log's signature on the checkpoint" },
  witnesses: { it: 'firme dei testimoni', en: "the witnesses' signatures" },
  proofs: { it: 'ogni documento è nel registro di trasparenza', en: 'each document is in the log' },
  positions: {
    it: 'nessun evento della pratica manca in mezzo',
    en: 'no event of the practice is missing in between',
  },
  copies: {
    it: 'le copie leggibili dicono ciò che dicono i documenti firmati',
    en: 'the readable copies say what the signed documents say',
  },
  summary: {
    it: 'il riepilogo dice ciò che dicono i documenti firmati',
    en: 'the summary says what the signed documents say',
  },
};

const RESULTS: Readonly<Record<EvidenceCheck['result'], InBoth>> = {
  passed: { it: 'a posto', en: 'right' },
  failed: { it: 'RILIEVI', en: 'FINDINGS' },
  'not-checked': { it: 'non confrontato', en: 'not compared' },
  'not-reached': { it: 'non raggiunto', en: 'not reached' },
};

const NOTES: Readonly<Record<EvidenceNote['kind'], InBoth>> = {
  'root-from-container': {
    it: 'La radice di fiducia è quella che il contenitore stesso dichiara: indicare con --root l’impronta ricevuta per altra via.',
    en: 'The root of trust is the one that the container itself names: give the fingerprint that came to you another way with --root.',
  },
  'key-revoked-later': {
    it: 'Firma valida quando fu accettata, con una chiave poi revocata a partire da un momento precedente: valutarla.',
    en: 'A signature that counted when it was accepted, by a key that was revoked afterwards from an earlier moment: weigh it.',
  },
  'registry-in-part': {
    it: 'Il registro degli enti e delle chiavi è qui in parte: che non abbia altre revoche lo mostra la catena intera (--whole-registry).',
    en: 'The registry is here in part: that it has no further revocation is shown by its whole chain (--whole-registry).',
  },
  'made-from-copy': {
    it: 'Fatto da una copia del registro, senza chiedere nulla né al revisore né alle amministrazioni: il riepilogo dice che cosa manca.',
    en: 'Made of a copy of the log, without asking the auditor or an authority: the summary says what is missing.',
  },
  'not-sealed': {
    it: 'Nessuno lo ha sigillato: ogni documento è provato, ma che non ne sia stato lasciato fuori uno lo mostra solo il registro intero.',
    en: 'Nobody has sealed it: each document is proved, but that none was left out is shown by the whole log alone.',
  },
  'no-witness-asked': {
    it: 'Nessuna chiave di testimoni indicata (--witness o --policy): le loro firme sono verificate con le chiavi che i loro sigilli dichiarano, ma quante ne occorrano non è stato chiesto.',
    en: 'No witness’s key was given (--witness or --policy): their signatures are checked with the keys that their seals state, but how many it takes was not asked.',
  },
  'event-without-decision': {
    it: 'Evento firmato e registrato su cui non c’è una decisione: non è stato accettato.',
    en: 'An event that was signed and logged and that no decision is about: it was not accepted.',
  },
  'summary-not-compared': {
    it: 'Il riepilogo è stato scritto da un’altra versione del programma: contano i documenti firmati.',
    en: 'The summary was written by another version of this program: the signed documents count.',
  },
};

/** What a container that was made of a copy lacks. */
const MISSING: Readonly<Record<Missing, InBoth>> = {
  seal: {
    it: 'il sigillo di chi tiene il registro: che non manchi una ricevuta o un’azione lo mostra solo il registro intero',
    en: 'the seal of whoever keeps the log: that no receipt or action was left out is shown by the whole log alone',
  },
  later: { it: 'ciò che è successo dopo la copia', en: 'what happened after the copy was made' },
  accesses: {
    it: 'chi ha consultato la pratica: lo sanno le amministrazioni',
    en: 'who has read the practice: the authorities know',
  },
  documents: {
    it: 'il contenuto dei documenti, e se ci sono ancora: si chiede alle amministrazioni',
    en: 'the content of documents, and whether they are still there: ask the authorities',
  },
  held: {
    it: 'che cosa le amministrazioni hanno oggi della pratica',
    en: 'what the authorities hold of the practice today',
  },
  witnesses: {
    it: 'le dichiarazioni con cui i testimoni danno la propria chiave: nella copia non ci sono',
    en: 'the statements by which witnesses give their keys: the copy has none',
  },
};

export function missingInWords(missing: readonly Missing[], language: Language): string {
  const head = {
    it: 'Da una copia, senza chiedere a nessuno. Manca:',
    en: 'Of a copy, without asking anybody. Missing:',
  };
  return [head[language], ...missing.map((one) => `  - ${MISSING[one][language]}`)].join('\n');
}

const WORDS = {
  verdict: {
    valid: { it: 'VERIFICATO', en: 'VERIFIED' },
    invalid: { it: 'NON VERIFICATO', en: 'NOT VERIFIED' },
  },
  practice: { it: 'pratica', en: 'practice' },
  sealed: { it: 'sigillato da', en: 'sealed by' },
  events: { it: 'eventi', en: 'events' },
  documents: { it: 'documenti firmati', en: 'signed documents' },
  log: { it: 'registro di trasparenza', en: 'log' },
  what: { it: 'che cosa', en: 'what' },
  result: { it: 'esito', en: 'result' },
  toKnow: { it: 'da sapere', en: 'to know' },
  more: { it: 'altri rilievi', en: 'more findings' },
} as const;

/** The report, with every fault's code, sentence and remedy. */
export function evidenceInWords(report: EvidenceReport, language: Language): string {
  const { valid, checks, faults, faultCount, notes, practice, sealed, log, counts } = report;
  const listed = faults
    .slice(0, WRITTEN_OUT)
    .map(
      ({ code, file, message }) =>
        `${code}${file === null ? '' : `  ${file}`}\n  ${message}\n  ${ERROR_POLICIES[code][language]} ${ERROR_POLICIES[code].remedy[language]}`,
    );
  const summary = {
    ...(practice === null
      ? {}
      : { [WORDS.practice[language]]: `${practice.cui ?? ''} ${practice.owner}/${practice.uuid}`.trim() }),
    ...(sealed === null ? {} : { [WORDS.sealed[language]]: `${sealed.by} ${sealed.at}` }),
    ...(log === null ? {} : { [WORDS.log[language]]: `${log.origin} ${log.size}` }),
    [WORDS.events[language]]: String(counts.events),
    [WORDS.documents[language]]: String(counts.documents),
  };
  return [
    WORDS.verdict[valid ? 'valid' : 'invalid'][language],
    fields(summary),
    table(
      [WORDS.what[language], WORDS.result[language]],
      checks.map(({ step, result }) => [STEPS[step][language], RESULTS[result][language]]),
    ),
    ...listed,
    ...(faultCount > listed.length ? [`${faultCount - listed.length} ${WORDS.more[language]}`] : []),
    ...(notes.length === 0
      ? []
      : [
          `${WORDS.toKnow[language]}:\n${notes.map(({ kind, file }) => `  - ${NOTES[kind][language]}${file === null ? '' : ` (${file})`}`).join('\n')}`,
        ]),
  ].join('\n\n');
}
