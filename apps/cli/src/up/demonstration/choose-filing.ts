import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Procedure } from '#contracts';
import { HubError } from '#errors';
import type { NetworkPlan } from '../network-plan.ts';

/** What is filed to show the network at work. */
export interface Filing {
  readonly at: string;
  readonly procedure: Procedure;
  readonly form: string;
  /** Whether the rules ask another body for a conclusion whatever the form says. */
  readonly asksSomebody: boolean;
  /** Who concludes, if it is asked to: the province of the municipality. */
  readonly concluder: string | undefined;
}

/**
 * A filing that shows most of the way: at the first joined municipality, of a procedure with an example form, in which
 * somebody else is always asked for a conclusion if there is such a procedure.
 * @throws HubError `DEMONSTRATION_FAILED` when the catalogue has no example
 */
export function chooseFiling({ dir, catalogue, members }: NetworkPlan): Filing {
  const exampleOf = ({ code }: Procedure): string => join(dir, 'examples', `${code}.xml`);
  const possible = catalogue.procedures.filter((procedure) => existsSync(exampleOf(procedure)));
  const procedure = possible.find(alwaysAsksSomebody) ?? possible[0];
  const municipality = catalogue.bodies.find(({ joined, kind }) => joined && kind === 'municipality');
  const at = municipality?.ipa ?? members[0]?.ipa;
  if (procedure !== undefined && at !== undefined)
    return {
      at,
      procedure,
      form: exampleOf(procedure),
      asksSomebody: alwaysAsksSomebody(procedure),
      concluder: municipality?.province,
    };
  throw new HubError('DEMONSTRATION_FAILED', `${dir} has no example of a filing, or no joined body`);
}

function alwaysAsksSomebody({ rules, grants }: Procedure): boolean {
  return rules.some(({ part, when }) => when.op === 'always' && grants[part].includes('conclusion.issued'));
}
