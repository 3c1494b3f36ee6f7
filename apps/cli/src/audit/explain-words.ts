/** Why an event went to whom it went, for people: Italian or English. */
import type { Language } from '#errors';
import {
  conditionInWords,
  factsInWords,
  selectorInWords,
  type ExplainedEvent,
  type ExplainedRule,
} from '#audit';
import { fields, table } from '../output/table.ts';
import { openingsInWords } from './openings-words.ts';
import type { Openings } from './read-accesses.ts';

const WORDS = {
  it: {
    event: 'evento',
    practice: 'pratica',
    leaf: 'voce del registro',
    decision: 'decisione',
    placed: (router: string, time: string, position: number) => `${router}, ${time}, posizione ${position}`,
    noDecision: 'nessuna: in viaggio, trattenuto o sostituito',
    version: 'registro degli enti',
    ofTime: (number: number, time: string) => `voce ${number}, del ${time}`,
    procedure: 'procedimento',
    chosen: (position: number, id: string) =>
      `I destinatari sono quelli scelti alla presentazione (posizione ${position}, evento ${id}); gli atti successivi vanno agli stessi.`,
    closing: 'Chiude una presentazione che non ha avuto posto: riguarda il solo titolare.',
    rules: 'Regole',
    yes: 'SI APPLICA',
    no: 'non si applica',
    when: 'quando',
    said: 'l’evento dice',
    names: 'riguarda',
    wouldName: 'avrebbe riguardato',
    nobody: 'nessuno',
    doubt: 'ATTENZIONE: ricalcolata ora dà un altro esito (audit replay)',
    recipients: 'A chi è andato',
    recipient: ['ente', 'parte', 'perché', 'ricevuto', 'documenti', 'protocollo'],
    owner: 'è il titolare',
    rule: (rule: string) => `regola ${rule}`,
    pec: 'via PEC, dal titolare',
    author: 'è l’autore',
    notSaid: 'non lo dice',
    others: 'A chi non è andato',
    noRule: 'nessuna regola di questo procedimento lo riguarda',
    ruleNot: (rules: string) => `${rules}: non si applica`,
    otherReceipts: 'Altre ricevute',
    opened: 'Chi ha aperto la pratica',
  },
  en: {
    event: 'event',
    practice: 'practice',
    leaf: 'entry of the log',
    decision: 'decision',
    placed: (router: string, time: string, position: number) => `${router}, ${time}, position ${position}`,
    noDecision: 'none: on its way, held or replaced',
    version: 'registry',
    ofTime: (number: number, time: string) => `entry ${number}, of ${time}`,
    procedure: 'procedure',
    chosen: (position: number, id: string) =>
      `The recipients are those chosen at the filing (position ${position}, event ${id}); later acts go to the same.`,
    closing: 'It closes a filing that never got a place: that concerns the owner alone.',
    rules: 'Rules',
    yes: 'APPLIES',
    no: 'does not apply',
    when: 'when',
    said: 'the event says',
    names: 'concerns',
    wouldName: 'would have concerned',
    nobody: 'nobody',
    doubt: 'NOTE: evaluated now it gives another answer (audit replay)',
    recipients: 'Whom it went to',
    recipient: ['body', 'part', 'why', 'received', 'documents', 'registered'],
    owner: 'is the owner',
    rule: (rule: string) => `rule ${rule}`,
    pec: 'by PEC, from the owner',
    author: 'is the author',
    notSaid: 'does not say',
    others: 'Whom it did not go to',
    noRule: 'no rule of this procedure concerns it',
    ruleNot: (rules: string) => `${rules}: does not apply`,
    otherReceipts: 'Other receipts',
    opened: 'Who opened the practice',
  },
} as const;

/** Receipts that have a column of their own. */
const TOLD = new Set(['received', 'documents-complete', 'registered']);

export function explanationInWords(
  explained: ExplainedEvent,
  opened: readonly Openings[] | null,
  language: Language,
): string {
  const words = WORDS[language];
  const { rules, others } = explained;
  return [
    headOf(explained, language),
    ...whyThese(explained, language),
    ...(rules.length === 0
      ? []
      : [[words.rules, ...rules.map((rule) => ruleInWords(rule, language))].join('\n')]),
    `${words.recipients}\n${recipientsInWords(explained, language)}`,
    ...otherReceipts(explained, language),
    ...(others.length === 0 ? [] : [`${words.others}\n${othersInWords(explained, language)}`]),
    `${words.opened}\n${openingsInWords(opened, language)}`,
  ].join('\n\n');
}

function headOf({ event, decision, procedure }: ExplainedEvent, language: Language): string {
  const words = WORDS[language];
  return fields({
    [words.event]: `${event.type} ${event.id}, ${event.author}, ${event.time}`,
    [words.practice]: `${event.cui}  ${event.practice}`,
    [words.leaf]: String(event.leaf),
    [words.decision]:
      decision === null ? words.noDecision : words.placed(decision.router, decision.time, decision.position),
    ...(decision === null
      ? {}
      : { [words.version]: words.ofTime(decision.registry.number, decision.registry.time ?? '?') }),
    ...(procedure === null
      ? {}
      : { [words.procedure]: `${procedure.code} ${procedure.version}, ${procedure.title[language]}` }),
  });
}

function whyThese({ event, chosenBy, procedure }: ExplainedEvent, language: Language): string[] {
  const words = WORDS[language];
  if (chosenBy === null) return [];
  if (procedure === null) return [words.closing];
  return chosenBy.eventId === event.id ? [] : [words.chosen(chosenBy.position, chosenBy.eventId)];
}

function ruleInWords(rule: ExplainedRule, language: Language): string {
  const words = WORDS[language];
  const facts = factsInWords(rule.looksAt, rule.facts, language);
  const names = rule.names.length === 0 ? words.nobody : rule.names.join(', ');
  return [
    `  ${rule.matched ? '✓' : '✗'} ${rule.rule}: ${rule.matched ? words.yes : words.no} (${rule.legalBasis})`,
    `      ${words.when}: ${conditionInWords(rule.when, language)}`,
    ...(facts === '' ? [] : [`      ${words.said}: ${facts}`]),
    `      ${rule.matched ? words.names : words.wouldName}: ${selectorInWords(rule.concerns, language)} → ${names}, ${rule.part}`,
    ...(rule.confirmed ? [] : [`      ${words.doubt}`]),
  ].join('\n');
}

function recipientsInWords({ event, recipients }: ExplainedEvent, language: Language): string {
  const words = WORDS[language];
  return table(
    words.recipient,
    recipients.map((one) => {
      const isAuthor = one.ipa.toLowerCase() === event.author.toLowerCase();
      const received = one.received ?? (one.joined ? words.notSaid : words.pec);
      return [
        `${one.ipa} ${one.name}`,
        one.part,
        one.rule === 'owner' ? words.owner : words.rule(one.rule),
        isAuthor ? words.author : received,
        one.documentsComplete ?? '-',
        one.registered === null ? '-' : `${one.registered.number}, ${one.registered.time}`,
      ];
    }),
  );
}

function otherReceipts({ recipients }: ExplainedEvent, language: Language): string[] {
  const lines = recipients.flatMap(({ ipa, receipts }) =>
    receipts
      .filter(({ kind }) => !TOLD.has(kind))
      .map(({ kind, time, code }) => `  ${ipa}: ${kind}, ${time}${code === null ? '' : `, ${code}`}`),
  );
  return lines.length === 0 ? [] : [[WORDS[language].otherReceipts, ...lines].join('\n')];
}

function othersInWords({ others }: ExplainedEvent, language: Language): string {
  const words = WORDS[language];
  return others
    .map(({ ipa, name, rules }) => {
      const why =
        rules.length === 0 ? words.noRule : words.ruleNot(rules.map((rule) => words.rule(rule)).join(', '));
      return `  ${ipa} ${name}: ${why}`;
    })
    .join('\n');
}
