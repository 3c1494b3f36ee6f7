/** What was in force at a time, for people: Italian or English. */
import type { Language } from '#errors';
import { conditionInWords, selectorInWords, type RegistryThen } from '#audit';
import type { PracticeState } from '#contracts';
import { fields, table } from '../output/table.ts';

const WORDS = {
  it: {
    at: 'alle',
    registry: 'voce del registro',
    routing: 'Regole di instradamento',
    rule: ['procedimento', 'regola', 'parte', 'quando', 'chi', 'base'],
    trust: 'Certificati',
    certificate: ['titolare', 'ruolo', 'uso', 'valido dal', 'al', 'stato', 'impronta'],
    roots: 'radici',
    issuers: 'emittenti esterni',
    standing: {
      'in-force': 'in vigore',
      'not-yet-valid': 'non ancora valido',
      expired: 'scaduto',
      revoked: 'revocato',
    },
    withdrawn: 'ritirato dal',
    practice: 'pratica',
    procedure: 'procedimento',
    state: 'stato',
    position: 'posizione',
    act: ['#', 'autore', 'atto', 'esito', 'quando'],
    party: ['ente', 'parte', 'aderente'],
    term: ['termine', 'di', 'dal', 'al', 'chiuso da'],
    none: 'A quel momento la pratica non aveva ancora una posizione.',
  },
  en: {
    at: 'at',
    registry: 'registry entry',
    routing: 'Routing rules',
    rule: ['procedure', 'rule', 'part', 'when', 'whom', 'basis'],
    trust: 'Certificates',
    certificate: ['holder', 'role', 'use', 'valid from', 'to', 'standing', 'fingerprint'],
    roots: 'roots',
    issuers: 'external issuers',
    standing: {
      'in-force': 'in force',
      'not-yet-valid': 'not valid yet',
      expired: 'expired',
      revoked: 'revoked',
    },
    withdrawn: 'withdrawn from',
    practice: 'practice',
    procedure: 'procedure',
    state: 'state',
    position: 'position',
    act: ['#', 'author', 'act', 'outcome', 'when'],
    party: ['body', 'part', 'joined'],
    term: ['term', 'of', 'from', 'to', 'closed by'],
    none: 'At that time the practice did not have a position yet.',
  },
} as const;

export function registryInWords(then: RegistryThen, language: Language): string {
  const words = WORDS[language];
  const rules = then.rules.map((one) => [
    `${one.procedure} ${one.version}`,
    one.rule,
    one.part,
    conditionInWords(one.when, language),
    [selectorInWords(one.concerns, language), ...one.bodies].join(' '),
    one.legalBasis,
  ]);
  const certificates = then.certificates.map((one) => [
    one.holder,
    one.role,
    one.purpose,
    one.notBefore.slice(0, 10),
    one.notAfter.slice(0, 10),
    one.revokedFrom === null
      ? words.standing[one.standing]
      : `${words.standing[one.standing]} (${one.revokedFrom})`,
    one.fingerprint.slice(0, 16),
  ]);
  const issuers = then.issuers.map(({ fingerprint, withdrawnFrom }) =>
    withdrawnFrom === null ? fingerprint : `${fingerprint} (${words.withdrawn} ${withdrawnFrom})`,
  );
  return [
    fields({ [words.at]: then.at, [words.registry]: String(then.number) }),
    `${words.routing}\n${table(words.rule, rules)}`,
    `${words.trust}\n${table(words.certificate, certificates)}`,
    fields({
      [words.roots]: then.roots.join(', '),
      ...(issuers.length === 0 ? {} : { [words.issuers]: issuers.join(', ') }),
    }),
  ].join('\n\n');
}

export function stateInWords(state: PracticeState | null, language: Language): string {
  const words = WORDS[language];
  if (state === null) return words.none;
  return [
    fields({
      [words.practice]: `${state.cui}  ${state.owner}/${state.uuid}`,
      [words.procedure]: `${state.procedure.code} ${state.procedure.version}`,
      [words.state]: state.state,
      [words.position]: String(state.position),
    }),
    table(
      words.act,
      state.acts.map(({ position, author, type, outcome, at }) => [
        String(position),
        author,
        type,
        outcome ?? '-',
        at,
      ]),
    ),
    table(
      words.party,
      state.participants.map(({ ipa, part, joined }) => [ipa, part, joined ? '✓' : 'PEC']),
    ),
    table(
      words.term,
      state.terms.map(({ code, of, started, due, closed }) => [
        code,
        of,
        started,
        due,
        closed === null ? '-' : `#${closed}`,
      ]),
    ),
  ].join('\n\n');
}
