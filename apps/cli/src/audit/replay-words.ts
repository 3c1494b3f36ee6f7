/** A replay's report for people: Italian or English. */
import { ERROR_POLICIES, type Language } from '#errors';
import type { ReplayFinding, ReplayReport } from '#audit';
import { fields, table } from '../output/table.ts';

/** Findings that are written out one by one on the terminal: the report file has a thousand. */
const WRITTEN_OUT = 20;
/** Fields that are written out of one finding. */
const FIELDS_WRITTEN_OUT = 10;

const WORDS = {
  it: {
    agrees: 'TUTTO TORNA: decisioni e stati discendono dal registro',
    differs: 'NON TUTTO TORNA',
    nothing: 'NIENTE DA RICOSTRUIRE: nessuna pratica corrisponde',
    partly: 'NON TUTTI I NODI HANNO RISPOSTO; per il resto torna',
    log: 'voci del registro',
    root: 'radice',
    registry: 'registro degli enti',
    entries: 'voci',
    window: 'periodo',
    practices: 'pratiche ricostruite',
    events: 'eventi al loro posto',
    decisions: 'decisioni rifatte',
    unplaced: 'eventi senza decisione',
    notHere: 'pratiche non in questa copia',
    states: 'impronta di tutti gli stati',
    node: 'nodo',
    compared: 'pratiche confrontate',
    onTheWay: 'in arrivo',
    outcome: 'esito',
    asked: 'risponde',
    since: 'da',
    held: 'ha',
    expected: 'invece di',
    more: 'Altri rilievi: {n}. Tutti (fino a mille) nel rapporto: --report FILE o --json.',
  },
  en: {
    agrees: 'EVERYTHING AGREES: decisions and states follow from the log',
    differs: 'NOT EVERYTHING AGREES',
    nothing: 'NOTHING TO REPLAY: no practice is meant by this',
    partly: 'NOT EVERY NODE HAS ANSWERED; the rest agrees',
    log: 'entries of the log',
    root: 'root',
    registry: 'registry',
    entries: 'entries',
    window: 'period',
    practices: 'practices replayed',
    events: 'events in their places',
    decisions: 'decisions made again',
    unplaced: 'events without a decision',
    notHere: 'practices not in this copy',
    states: 'digest of all states',
    node: 'node',
    compared: 'practices compared',
    onTheWay: 'on the way',
    outcome: 'outcome',
    asked: 'answers',
    since: 'since',
    held: 'holds',
    expected: 'in place of',
    more: '{n} more findings. All of them (up to a thousand) are in the report: --report FILE or --json.',
  },
} as const;

/** Whether all that was asked for was judged, and is as it should be. */
export function isWell({ found, nodes, practices }: ReplayReport): boolean {
  return found === 0 && practices > 0 && nodes.every(({ failure }) => failure === null);
}

export function replayInWords(report: ReplayReport, language: Language): string {
  const words = WORDS[language];
  const { from, to, nodes, found, registry } = report;
  const summary = {
    [words.log]: String(report.size),
    [words.root]: report.root,
    [words.registry]: registry === null ? '-' : `${registry.number} ${words.entries}`,
    ...(from === null && to === null ? {} : { [words.window]: `${from ?? '…'} – ${to ?? '…'}` }),
    [words.practices]: String(report.practices),
    [words.events]: String(report.events),
    [words.decisions]: String(report.decisions),
    [words.unplaced]: String(report.unplaced),
    ...(report.notHere === 0 ? {} : { [words.notHere]: String(report.notHere) }),
    [words.states]: report.states,
  };
  const answered = nodes.map(({ node, compared, onTheWay, failure }) => [
    node,
    String(compared),
    String(onTheWay),
    failure === null ? words.asked : `${failure.code}: ${failure.message}`,
  ]);
  const written = report.findings.slice(0, WRITTEN_OUT).map((one) => findingInWords(one, language));
  const more = found - written.length;
  return [
    headline(report, language),
    fields(summary),
    ...(nodes.length === 0
      ? []
      : [table([words.node, words.compared, words.onTheWay, words.outcome], answered)]),
    ...written,
    ...(more > 0 ? [words.more.replace('{n}', String(more))] : []),
  ].join('\n\n');
}

function headline(report: ReplayReport, language: Language): string {
  const words = WORDS[language];
  if (report.found > 0) return `${words.differs}: ${report.found}`;
  if (report.practices === 0) return words.nothing;
  return isWell(report) ? words.agrees : words.partly;
}

function findingInWords(one: ReplayFinding, language: Language): string {
  const words = WORDS[language];
  const policy = ERROR_POLICIES[one.code];
  const where = [
    one.cui ?? one.practice,
    one.position === null ? null : `#${one.position}`,
    one.event === null ? null : `${one.event.author} ${one.event.id}`,
    one.leaf === null ? null : `leaf ${one.leaf}`,
    one.node === null ? null : `@ ${one.node}`,
  ].filter((part) => part !== null);
  const listed = one.fields.slice(0, FIELDS_WRITTEN_OUT).map(({ field, held, expected, since }) => {
    const from = since === null ? '' : `, ${words.since} #${since.position} ${since.type} ${since.id}`;
    return `  - ${field}: ${words.held} ${shown(held)} ${words.expected} ${shown(expected)}${from}`;
  });
  return [
    `${one.code}  ${where.join('  ')}`,
    `  ${policy[language]}`,
    `  ${one.detail}`,
    ...listed,
    `  ${policy.remedy[language]}`,
  ].join('\n');
}

function shown(value: unknown): string {
  return value === undefined ? '–' : JSON.stringify(value);
}
