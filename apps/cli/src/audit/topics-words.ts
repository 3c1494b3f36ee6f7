/** The report of a comparison for people. */
import type { Language } from '#errors';
import type { TopicsReport } from '#audit';
import { table } from '../output/table.ts';

/** Findings that are written out one by one: the report has a thousand. */
const WRITTEN_OUT = 20;

const WORDS = {
  it: {
    same: (size: number) =>
      `I topic contengono ciò che il registro dice (${size} voci): niente manca, niente è di troppo.`,
    differs: (count: number) => `${count} RILIEVI: i topic non contengono ciò che il registro dice.`,
    partitions: [
      'topic',
      'partizione',
      'offset',
      'record',
      'distinti',
      'ripetuti',
      'nel registro',
      'rifiutati',
      'più recenti',
      'DI TROPPO',
    ],
    topics: ['topic', 'voci', 'sul topic', 'oltre la conservazione', 'MANCANTI'],
    noDesk: 'L’auditor non è stato interrogato: ciò che ha rifiutato conta come di troppo.',
  },
  en: {
    same: (size: number) =>
      `The topics hold what the log says (${size} leaves): nothing missing, nothing extra.`,
    differs: (count: number) => `${count} FINDINGS: the topics do not hold what the log says.`,
    partitions: [
      'topic',
      'partition',
      'offsets',
      'records',
      'distinct',
      'repeated',
      'in the log',
      'refused',
      'later',
      'EXTRA',
    ],
    topics: ['topic', 'leaves', 'on the topic', 'past retention', 'MISSING'],
    noDesk: 'The auditor was not asked: what it has refused counts as extra.',
  },
} as const;

export function topicsInWords(report: TopicsReport, language: Language): string {
  const words = WORDS[language];
  const { total, listed } = report.findings;
  const partitions = report.partitions.map((one) => {
    const role = one.role === 'copies' ? ' *' : '';
    const counts = [one.records, one.distinct, one.repeated, one.inLog, one.refused, one.later, one.extra];
    return [`${one.topic}${role}`, String(one.partition), `${one.from}–${one.to}`, ...counts.map(String)];
  });
  const topics = report.topics.map(({ topic, leaves, onTopic, past, missing }) => [
    topic,
    ...[leaves, onTopic, past, missing].map(String),
  ]);
  const findings = listed.slice(0, WRITTEN_OUT).map(({ code, message }) => `${code}: ${message}`);
  if (total > findings.length) findings.push(`… ${total - findings.length}`);
  return [
    total === 0 ? words.same(report.log.size) : words.differs(total),
    table(words.partitions, partitions),
    table(words.topics, topics),
    ...(report.deskAsked ? [] : [words.noDesk]),
    ...(findings.length === 0 ? [] : [findings.join('\n')]),
  ].join('\n\n');
}
