/** What a monitor has to say to people. */
import type { Alarm, RoundReport } from '#audit';
import { ERROR_POLICIES, type Language } from '#errors';

export function roundInWords(report: RoundReport, language: Language): string {
  const { log, verified, witnessed, verdict, unreachableSince } = report;
  const isItalian = language === 'it';
  if (verdict === 'nothing')
    return isItalian ? 'il registro non mostra ancora un checkpoint' : 'the log shows no checkpoint yet';
  const parts = [
    isItalian ? `registro di ${log?.size ?? 0} voci` : `log of ${log?.size ?? 0} leaves`,
    isItalian ? `verificate ${verified.from}–${verified.to}` : `verified ${verified.from}–${verified.to}`,
    ...(witnessed === null
      ? []
      : [
          isItalian
            ? `testimoniato fino a ${witnessed.size} (${witnessed.at})`
            : `witnessed up to ${witnessed.size} (${witnessed.at})`,
        ]),
    ...(unreachableSince === null
      ? []
      : [
          isItalian ? `non raggiungibile dal ${unreachableSince}` : `not reachable since ${unreachableSince}`,
        ]),
  ];
  const count = report.alarms.length + report.dropped;
  const ends = {
    well: { it: 'tutto a posto', en: 'all well' },
    behind: { it: 'NON TUTTO È VERIFICATO', en: 'NOT EVERYTHING IS VERIFIED' },
    alarms: { it: `${count} ALLARMI`, en: `${count} ALARMS` },
  } as const;
  return [...parts, ends[verdict][language]].join(', ');
}

/** Each with its sentence and what to do. */
export function alarmsInWords(alarms: readonly Readonly<Alarm>[], language: Language): string[] {
  return alarms.map(({ id, code, message, firstAt, times, overAt, evidence }) => {
    const policy = ERROR_POLICIES[code];
    const [over, kept] = language === 'it' ? ['finito il', 'prova'] : ['over since', 'evidence'];
    return [
      `${id}  ${code}  ${firstAt}${times > 1 ? ` (×${times})` : ''}${overAt === null ? '' : `, ${over} ${overAt}`}`,
      `  ${policy[language]}`,
      `  ${message}`,
      `  ${policy.remedy[language]}`,
      ...(evidence === null ? [] : [`  ${kept}: ${evidence}`]),
    ].join('\n');
  });
}
