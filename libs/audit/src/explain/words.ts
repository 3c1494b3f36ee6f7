/** Rules in words, for people: Italian and English. */
import type { Condition, Fact, Selector } from '#contracts';
import type { Language } from '#errors';

interface Words {
  readonly always: string;
  readonly is: string;
  readonly oneOf: string;
  readonly and: string;
  readonly or: string;
  readonly not: string;
  readonly absent: string;
  readonly has: string;
}

const WORDS: Readonly<Record<Language, Words>> = {
  it: {
    always: 'sempre',
    is: 'è',
    oneOf: 'è uno fra',
    and: ' e ',
    or: ' oppure ',
    not: 'non',
    absent: 'non indicato',
    has: 'vale',
  },
  en: {
    always: 'always',
    is: 'is',
    oneOf: 'is one of',
    and: ' and ',
    or: ' or ',
    not: 'not',
    absent: 'not given',
    has: 'is',
  },
};

/** When a rule applies. */
export function conditionInWords(condition: Condition, language: Language): string {
  const words = WORDS[language];
  switch (condition.op) {
    case 'always':
      return words.always;
    case 'equals':
      return `${condition.fact} ${words.is} «${condition.value}»`;
    case 'in':
      return `${condition.fact} ${words.oneOf} ${condition.values.map((value) => `«${value}»`).join(', ')}`;
    case 'all':
    case 'any': {
      const parts = condition.of.map((part) => conditionInWords(part, language));
      const [only] = parts;
      if (parts.length === 1 && only !== undefined) return only;
      return `(${parts.join(condition.op === 'all' ? words.and : words.or)})`;
    }
    case 'not':
      return `${words.not} (${conditionInWords(condition.of, language)})`;
  }
}

/** What the event said of the facts that a rule looks at; those that it did not give, too. */
export function factsInWords(names: readonly string[], facts: readonly Fact[], language: Language): string {
  const words = WORDS[language];
  return names
    .map((name) => {
      const found = facts.find((fact) => fact.name === name);
      return found === undefined ? `${name} ${words.absent}` : `${name} ${words.has} «${found.value}»`;
    })
    .join('; ');
}

const SELECTORS: Readonly<Record<Language, Readonly<Record<Selector['by'], string>>>> = {
  it: {
    body: 'l’ente',
    province: 'la provincia del comune interessato',
    bordering: 'i comuni confinanti con quello interessato',
    area: 'gli enti dell’area, se il comune interessato ne fa parte:',
    municipality: 'il comune indicato dal dato',
  },
  en: {
    body: 'the body',
    province: 'the province of the municipality concerned',
    bordering: 'the municipalities that border the one concerned',
    area: 'the bodies of the area, if the municipality concerned is one of them:',
    municipality: 'the municipality named by the fact',
  },
};

/** Whom a rule concerns. */
export function selectorInWords(selector: Selector, language: Language): string {
  const words = SELECTORS[language][selector.by];
  switch (selector.by) {
    case 'body':
      return `${words} ${selector.ipa}`;
    case 'area':
      return `${words} ${selector.code}`;
    case 'municipality':
      return `${words} ${selector.fact}`;
    default:
      return words;
  }
}
