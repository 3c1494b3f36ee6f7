import { HubError } from '#errors';
import type { HubEvent, Part } from '../event.ts';
import type { Participant, Procedure, RoutingRegistry, RoutingRule, RuleEvaluation } from '../procedure.ts';
import { factsOf, holds } from './conditions.ts';
import { bodyOf, recipientsOf } from './recipients.ts';
import { sameIpa } from './same-ipa.ts';

export interface Routing {
  /** The owner first, then by part (deciding, opinion, informed) and, within it, by IPA code. */
  readonly participants: readonly Participant[];
  /** Every rule of the procedure, in its order. */
  readonly rules: readonly RuleEvaluation[];
}

const STRENGTH: Readonly<Record<Part, number>> = { owner: 0, deciding: 1, opinion: 2, informed: 3 };

/**
 * Who a filing concerns, and why: a pure function of the event and the registry at one version.
 * A body that several rules name takes the strongest part; of equal parts, the first rule's. The owner stays owner.
 * @throws HubError `PROCEDURE_UNKNOWN`, `BODY_UNKNOWN`, `MUNICIPALITY_UNKNOWN`
 */
export function route(event: HubEvent, registry: RoutingRegistry): Routing {
  const procedure = procedureOf(event, registry);
  const rules = procedure.rules.map((rule) => evaluate(rule, event));
  const named = new Map<string, Participant>();
  procedure.rules.forEach((rule, index) => {
    if (rules[index]?.matched !== true) return;
    for (const body of recipientsOf(rule.recipients, event, registry)) {
      if (sameIpa(body.ipa, event.practice.owner)) continue;
      const key = body.ipa.toLowerCase();
      const before = named.get(key);
      if (before !== undefined && STRENGTH[before.part] <= STRENGTH[rule.part]) continue;
      named.set(key, participant(rule, body.ipa, body.joined));
    }
  });
  return {
    participants: [ownerOf(event, procedure, registry), ...[...named.values()].sort(byPartThenIpa)],
    rules,
  };
}

/** @throws HubError `PROCEDURE_UNKNOWN` */
export function procedureOf(event: Pick<HubEvent, 'procedure'>, registry: RoutingRegistry): Procedure {
  const { code, version } = event.procedure;
  const procedure = registry.procedure(code, version);
  if (procedure !== undefined) return procedure;
  throw new HubError('PROCEDURE_UNKNOWN', `no procedure ${code} in version ${version}`, {
    details: { code, version },
  });
}

function evaluate(rule: RoutingRule, event: HubEvent): RuleEvaluation {
  const looked = factsOf(rule.when);
  return {
    rule: rule.id,
    matched: holds(rule.when, event.facts),
    facts: looked.flatMap((name) => event.facts.find((fact) => fact.name === name) ?? []),
  };
}

/** The owner's place in its own practice. @throws HubError `BODY_UNKNOWN` */
export function ownerOf(event: HubEvent, procedure: Procedure, registry: RoutingRegistry): Participant {
  const body = bodyOf(event.practice.owner, registry);
  return {
    ipa: body.ipa,
    joined: body.joined,
    part: 'owner',
    regime: procedure.regime,
    term: procedure.terms.proceeding,
    legalBasis: procedure.legalBasis,
    rule: 'owner',
  };
}

function participant(rule: RoutingRule, ipa: Participant['ipa'], joined: boolean): Participant {
  const { part, regime, term, legalBasis, id } = rule;
  return { ipa, joined, part, regime, term, legalBasis, rule: id };
}

function byPartThenIpa(one: Participant, other: Participant): number {
  const [a, b] = [one.ipa.toLowerCase(), other.ipa.toLowerCase()];
  return STRENGTH[one.part] - STRENGTH[other.part] || (a < b ? -1 : Number(a > b));
}
