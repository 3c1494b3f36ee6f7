import type { Fact } from '../event.ts';
import type { Condition } from '../procedure.ts';

/**
 * Whether a condition holds for the facts. A fact that is absent equals nothing, so `not` of a comparison with it
 * holds. Pure; never throws.
 */
export function holds(condition: Condition, facts: readonly Fact[]): boolean {
  switch (condition.op) {
    case 'always':
      return true;
    case 'equals':
      return valueOf(condition.fact, facts) === condition.value;
    case 'in': {
      const value = valueOf(condition.fact, facts);
      return value !== undefined && condition.values.includes(value);
    }
    case 'all':
      return condition.of.every((part) => holds(part, facts));
    case 'any':
      return condition.of.some((part) => holds(part, facts));
    case 'not':
      return !holds(condition.of, facts);
  }
}

/** Names of the facts a condition looks at, each once, in the order in which they are written. */
export function factsOf(condition: Condition): readonly string[] {
  switch (condition.op) {
    case 'always':
      return [];
    case 'equals':
    case 'in':
      return [condition.fact];
    case 'all':
    case 'any':
      return [...new Set(condition.of.flatMap(factsOf))];
    case 'not':
      return factsOf(condition.of);
  }
}

export function valueOf(name: string, facts: readonly Fact[]): string | undefined {
  return facts.find((fact) => fact.name === name)?.value;
}
