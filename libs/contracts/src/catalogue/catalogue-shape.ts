import { z } from 'zod';
import { EVENT_TYPES, FACT_KINDS, PARTS } from '../event.ts';
import { parseIpaCode, parseIstatCode } from '../ids.ts';
import { REGIMES, type Condition, type TermCode } from '../procedure.ts';

/** A word of some list, as `contracts/xsd/types-1.xsd` has it. */
const code = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.:/+-]{0,127}$/u, 'a code: letters, digits, _ . : / + -');
const line = z
  .string()
  .min(1)
  .max(255)
  .regex(/^[^\r\n\t]*$/u, 'one line');
const xpath = z.string().min(1).max(2_048);
const ipa = z.string().transform(parsed(parseIpaCode));
const istat = z.string().transform(parsed(parseIstatCode));
const term = z.strictObject({ days: z.int().min(1).max(3_650), kind: z.enum(['calendar', 'working']) });

/** Runs an id's parser inside Zod: its error becomes an issue at the field. */
function parsed<T>(parse: (text: string) => T): (text: string, context: z.RefinementCtx) => T {
  return (text, context) => {
    try {
      return parse(text);
    } catch (error) {
      context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : 'malformed' });
      return z.NEVER;
    }
  };
}

const condition: z.ZodType<Condition> = z.lazy(() =>
  z.discriminatedUnion('op', [
    z.strictObject({ op: z.literal('always') }),
    z.strictObject({ op: z.literal('equals'), fact: code, value: code }),
    z.strictObject({ op: z.literal('in'), fact: code, values: z.array(code).min(1) }),
    z.strictObject({ op: z.enum(['all', 'any']), of: z.array(condition).min(1) }),
    z.strictObject({ op: z.literal('not'), of: condition }),
  ]),
);

const selector = z.discriminatedUnion('by', [
  z.strictObject({ by: z.literal('body'), ipa }),
  z.strictObject({ by: z.literal('province') }),
  z.strictObject({ by: z.literal('bordering') }),
  z.strictObject({ by: z.literal('area'), code }),
  z.strictObject({ by: z.literal('municipality'), fact: code }),
]);

const factMapping = z
  .strictObject({
    name: code,
    kind: z.enum(FACT_KINDS),
    xpath,
    codes: z.array(code).min(1).exactOptional(),
    bands: z
      .array(z.strictObject({ name: code, below: z.number().exactOptional() }))
      .min(1)
      .exactOptional(),
    required: z.boolean(),
  })
  .refine(({ kind, codes }) => (kind === 'code') === (codes !== undefined), {
    path: ['codes'],
    message: 'belongs to a fact of kind code, which needs it',
  })
  .refine(({ kind, bands }) => (kind === 'band') === (bands !== undefined), {
    path: ['bands'],
    message: 'belongs to a fact of kind band, which needs it',
  })
  .refine(({ bands }) => bands === undefined || ascending(bands), {
    path: ['bands'],
    message: 'need rising bounds, and none on the last',
  });

function ascending(bands: readonly { readonly below?: number }[]): boolean {
  return bands.every(({ below }, index) => {
    if (index === bands.length - 1) return below === undefined;
    const previous = bands[index - 1]?.below ?? -Infinity;
    return below !== undefined && below > previous;
  });
}

const form = z.strictObject({
  namespace: z.string().regex(/^[!-~]{1,255}$/u, 'a URI'),
  root: z.string().regex(/^[A-Za-z_][A-Za-z0-9_.-]{0,127}$/u, 'an element name'),
  version: code,
  prefixes: z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_.-]*$/u), z.string().min(1)),
  facts: z.array(factMapping),
  territory: xpath.exactOptional(),
  searchFields: z.array(z.strictObject({ name: code, xpath })),
});

const rule = z.strictObject({
  id: code,
  part: z.enum(PARTS).exclude(['owner']),
  legalBasis: code,
  regime: z.enum(REGIMES),
  term,
  when: condition,
  recipients: selector,
});

const grants = z.strictObject({
  owner: z.array(z.enum(EVENT_TYPES)),
  deciding: z.array(z.enum(EVENT_TYPES)),
  opinion: z.array(z.enum(EVENT_TYPES)),
  informed: z.array(z.enum(EVENT_TYPES)),
});

const terms = {
  proceeding: term,
  correction: term.exactOptional(),
  'integration-request': term.exactOptional(),
  'integration-response': term.exactOptional(),
  conclusion: term.exactOptional(),
} satisfies Record<TermCode, z.ZodType>;

/** `procedures/<code>.yaml`. */
export const procedureFile = z.strictObject({
  code,
  version: z.int().min(1),
  title: z.strictObject({ it: line, en: line }),
  regime: z.enum(REGIMES),
  office: code,
  legalBasis: code,
  terms: z.strictObject(terms),
  forms: z.array(form).min(1, 'a procedure needs a form'),
  /** Absent: the network's. */
  grants: grants.exactOptional(),
  rules: z.array(rule).min(1, 'a procedure needs a rule that names a recipient'),
});

/** `network.yaml`. */
export const networkFile = z.strictObject({
  network: code,
  bodies: z
    .array(
      z.strictObject({
        ipa,
        name: line,
        kind: z.enum(['municipality', 'province', 'region', 'health', 'other']),
        office: code,
        istat: istat.exactOptional(),
        province: ipa.exactOptional(),
        pec: z.email().max(254),
        joined: z.boolean(),
      }),
    )
    .min(1),
  borders: z.array(z.tuple([istat, istat])),
  areas: z.array(z.strictObject({ code, bodies: z.array(ipa).min(1) })),
  grants,
});
export type NetworkFile = z.infer<typeof networkFile>;
