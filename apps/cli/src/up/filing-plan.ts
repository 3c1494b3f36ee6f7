import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { NetworkPlan } from './network-plan.ts';

/** The variable that names a member's filing plan, where the catalogue has one for its kind of body. */
export function filingPlanOf(
  { dir, catalogue }: Pick<NetworkPlan, 'dir' | 'catalogue'>,
  ipa: string,
): Readonly<Record<string, string>> {
  const kind = catalogue.bodies.find((body) => body.ipa === ipa)?.kind;
  const path = join(dir, 'filing-plans', `${kind ?? 'other'}.json`);
  return existsSync(path) ? { FILING_PLAN_FILE: path } : {};
}
