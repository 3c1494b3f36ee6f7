import type { HubEvent } from '../event.ts';
import type { Participant, RoutingRegistry } from '../procedure.ts';
import { closesUnplacedFiling, routeClosing } from '../routing/route-closing.ts';
import { route, type Routing } from '../routing/route.ts';
import { checkEntitlement, type PracticeStanding } from './check-entitlement.ts';

/** What the first accepted event of a practice settles, and stays. */
export interface SettledPractice extends PracticeStanding {
  readonly participants: readonly Participant[];
}

/**
 * Whether this act is its author's to make, and whom it concerns: of a filing by the rules, of a later act the filing's
 * participants. Pure: a router that decides and an auditor who decides again get the same.
 * @param practice null while no event of the practice has its place
 * @throws HubError those of `checkEntitlement` and `route`
 */
export function admitEvent(
  event: HubEvent,
  practice: SettledPractice | null,
  registry: RoutingRegistry,
): Routing {
  checkEntitlement({ event, registry, practice });
  if (practice !== null) return { participants: practice.participants, rules: [] };
  return closesUnplacedFiling(event) ? routeClosing(event, registry) : route(event, registry);
}
