import { HubError } from '#errors';
import type { Decision } from '../decision.ts';
import type { HubEvent } from '../event.ts';
import type { Procedure, RoutingRegistry } from '../procedure.ts';
import { closesUnplacedFiling, closingProcedure } from '../routing/route-closing.ts';
import type { PracticeState } from './practice-state.ts';

/**
 * The procedure under which an event is folded: the practice's own, whatever the decision says, for the fold compares
 * the two; of the first event, the one that the decision names.
 * @throws HubError `PROCEDURE_UNKNOWN`
 */
export function foldingProcedure(
  state: PracticeState | null,
  { event, decision }: { readonly event: HubEvent; readonly decision: Pick<Decision, 'procedure'> },
  registry: Pick<RoutingRegistry, 'procedure'>,
): Procedure {
  if (state === null && closesUnplacedFiling(event)) return closingProcedure(event, registry);
  const { code, version } = state?.procedure ?? decision.procedure;
  const procedure = registry.procedure(code, version);
  if (procedure !== undefined) return procedure;
  throw new HubError('PROCEDURE_UNKNOWN', `no procedure ${code} in version ${version}`);
}
