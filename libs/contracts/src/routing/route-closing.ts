import type { HubEvent } from '../event.ts';
import type { Procedure, RoutingRegistry } from '../procedure.ts';
import { ownerOf, type Routing } from './route.ts';
import { sameIpa } from './same-ipa.ts';

/**
 * True for the act that closes a filing which never passed: its owner voids a number of a practice that is not known.
 * Nothing in it may depend on what the filing named: if that was a procedure or a municipality that nobody knows, the
 * void would meet the same refusal, and the number could never be closed.
 */
export function closesUnplacedFiling(event: HubEvent): boolean {
  return event.type === 'event.voided' && sameIpa(event.author.ipa, event.practice.owner);
}

/**
 * Who hears of such a void: the owner alone, for nobody else was told of the filing.
 * @throws HubError `BODY_UNKNOWN`
 */
export function routeClosing(event: HubEvent, registry: RoutingRegistry): Routing {
  return { participants: [ownerOf(event, closingProcedure(event, registry), registry)], rules: [] };
}

/** The procedure that the void names; if nobody knows it, one under which nothing can happen and no term runs. */
export function closingProcedure(
  { procedure: { code, version } }: Pick<HubEvent, 'procedure'>,
  registry: Pick<RoutingRegistry, 'procedure'>,
): Procedure {
  return registry.procedure(code, version) ?? { ...NO_PROCEDURE, code, version };
}

const NO_PROCEDURE: Omit<Procedure, 'code' | 'version'> = {
  title: { it: 'Procedimento sconosciuto', en: 'Unknown procedure' },
  regime: 'communication',
  office: 'none',
  legalBasis: 'none',
  terms: { proceeding: { days: 1, kind: 'calendar' } },
  forms: [],
  grants: { owner: [], deciding: [], opinion: [], informed: [] },
  rules: [],
};
