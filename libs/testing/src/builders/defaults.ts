import type { EventBody, EventType, Fact, FactMapping, Procedure } from '#contracts';

/** A body for each type of act that needs nothing else to be complete. */
export function defaultBody(
  type: Exclude<EventType, 'practice.filed' | 'event.voided'>,
  now: Date,
): EventBody {
  switch (type) {
    case 'correction.requested':
      return { type, term: { days: 10, kind: 'working' } };
    case 'integration.requested':
      return { type, term: { days: 30, kind: 'calendar' } };
    case 'conclusion.issued':
      return { type, outcome: 'favourable' };
    case 'proceeding.ended':
      return { type, outcome: 'positive' };
    case 'external.notified':
      throw new RangeError(`name the recipient: body({ type: '${type}', at: '${now.toISOString()}', … })`);
    default:
      return { type };
  }
}

/** The facts that a filing under the procedure's first form must carry, each with the first value allowed. */
export function defaultFacts(procedure: Procedure): Fact[] {
  return (procedure.forms[0]?.facts ?? [])
    .filter(({ required }) => required)
    .map((mapping) => ({ name: mapping.name, kind: mapping.kind, value: firstValue(mapping) }));
}

function firstValue(mapping: FactMapping): string {
  switch (mapping.kind) {
    case 'boolean':
      return 'false';
    case 'istat':
      return '019036';
    case 'code':
      return mapping.codes?.[0] ?? '';
    case 'band':
      return mapping.bands?.[0]?.name ?? '';
  }
}
