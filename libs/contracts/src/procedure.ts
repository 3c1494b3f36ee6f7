/** Procedures, forms and routing rules: data that the registry publishes and every node holds. */
import type { EventType, Fact, FactKind, Part, Term } from './event.ts';
import type { IpaCode, IstatCode } from './ids.ts';

export const REGIMES = ['scia', 'authorisation', 'silence-assent', 'communication'] as const;
export type Regime = (typeof REGIMES)[number];

/** Named terms of a procedure (max_gg_* in the AgID descriptor). */
export const TERM_CODES = [
  'proceeding',
  'correction',
  'integration-request',
  'integration-response',
  'conclusion',
] as const;
export type TermCode = (typeof TERM_CODES)[number];

/** How a routing fact is taken from a form at the author's node. XPath 1.0 over the form with `prefixes` bound. */
export interface FactMapping {
  readonly name: string;
  readonly kind: FactKind;
  readonly xpath: string;
  /** Allowed values of a `code` fact. */
  readonly codes?: readonly string[];
  /** Bands of a `band` fact: the first whose `below` exceeds the number; the last has none. */
  readonly bands?: readonly { readonly name: string; readonly below?: number }[];
  readonly required: boolean;
}

/** A form that a procedure accepts. */
export interface AcceptedForm {
  readonly namespace: string;
  readonly root: string;
  readonly version: string;
  readonly prefixes: Readonly<Record<string, string>>;
  readonly facts: readonly FactMapping[];
  /** XPath to the ISTAT code of the municipality concerned; absent: the owner's own. */
  readonly territory?: string;
  /** Text fields of the form by which the owner's desk can search. They never leave the node in an event. */
  readonly searchFields: readonly { readonly name: string; readonly xpath: string }[];
}

export type Condition =
  | { readonly op: 'always' }
  | { readonly op: 'equals'; readonly fact: string; readonly value: string }
  | { readonly op: 'in'; readonly fact: string; readonly values: readonly string[] }
  | { readonly op: 'all' | 'any'; readonly of: readonly Condition[] }
  | { readonly op: 'not'; readonly of: Condition };

/**
 * Who a rule concerns. Resolved against the registry: members, external bodies, borders, provinces, areas. Territory is
 * that of the event; an area concerns its bodies when the municipality of the event is one of them.
 */
export type Selector =
  | { readonly by: 'body'; readonly ipa: IpaCode }
  | { readonly by: 'province' }
  | { readonly by: 'bordering' }
  | { readonly by: 'area'; readonly code: string }
  | { readonly by: 'municipality'; readonly fact: string };

export interface RoutingRule {
  readonly id: string;
  readonly part: Exclude<Part, 'owner'>;
  /** Code of the legal basis, e.g. `dlgs-222-2016-tab-a`. */
  readonly legalBasis: string;
  readonly regime: Regime;
  readonly term: Term;
  readonly when: Condition;
  readonly recipients: Selector;
}

export interface Procedure {
  readonly code: string;
  readonly version: number;
  readonly title: { readonly it: string; readonly en: string };
  readonly regime: Regime;
  /** Office of the owner that is responsible (unità organizzativa). */
  readonly office: string;
  readonly legalBasis: string;
  readonly terms: Readonly<Partial<Record<TermCode, Term>>> & { readonly proceeding: Term };
  readonly forms: readonly AcceptedForm[];
  /** Which event types each part may issue. */
  readonly grants: Readonly<Record<Part, readonly EventType[]>>;
  readonly rules: readonly RoutingRule[];
}

export type BodyKind = 'municipality' | 'province' | 'region' | 'health' | 'other';

/** A public body known to the registry: joined (it has a node) or external (reached by PEC). */
export interface PublicBody {
  readonly ipa: IpaCode;
  readonly name: string;
  readonly kind: BodyKind;
  readonly office: string;
  /** Of a municipality its own code; absent for other kinds. */
  readonly istat?: IstatCode;
  /** Of a municipality: IPA code of its province. */
  readonly province?: IpaCode;
  readonly pec: string;
  readonly joined: boolean;
  /** Base URL (https, mTLS) at which a joined body's node serves documents to the other nodes. */
  readonly nodeUrl?: string;
}

/** What routing looks at: the registry at one version, as plain data. */
export interface RoutingRegistry {
  procedure(code: string, version: number): Procedure | undefined;
  body(ipa: IpaCode): PublicBody | undefined;
  municipality(istat: IstatCode): PublicBody | undefined;
  /** Municipalities that border the given one. */
  bordering(istat: IstatCode): readonly PublicBody[];
  /** Bodies of a declared area (a park, a commerce district). */
  area(code: string): readonly PublicBody[];
}

/** One body's place in a practice, and why. */
export interface Participant {
  readonly ipa: IpaCode;
  readonly joined: boolean;
  readonly part: Part;
  readonly regime: Regime;
  readonly term: Term;
  readonly legalBasis: string;
  /** Id of the rule that named it; `owner` for the owner itself. */
  readonly rule: string;
}

export interface RuleEvaluation {
  readonly rule: string;
  readonly matched: boolean;
  /** The facts the condition looked at, with the values it saw. */
  readonly facts: readonly Fact[];
}
