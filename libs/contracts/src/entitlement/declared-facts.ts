import { HubError } from '#errors';
import type { Fact, HubEvent } from '../event.ts';
import type { AcceptedForm, FactMapping, Procedure } from '../procedure.ts';

/**
 * Checks that an event carries only facts that the procedure declares, each once and with a value its mapping
 * allows; a filing also all those its form requires. Anything else could smuggle a citizen's data through.
 * @throws HubError `FACTS_NOT_DECLARED`, `FORM_NOT_ACCEPTED`
 */
export function checkDeclaredFacts(event: HubEvent, procedure: Procedure): void {
  const mappings = declaredMappings(event, procedure);
  const seen = new Set<string>();
  for (const fact of event.facts) {
    const declared = mappings.filter((mapping) => mapping.name === fact.name);
    if (declared.length === 0) throw fault(fact.name, 'is not declared by the form');
    if (seen.has(fact.name)) throw fault(fact.name, 'is given twice');
    if (!declared.some((mapping) => allows(mapping, fact)))
      throw fault(fact.name, 'has a kind or value that is not declared');
    seen.add(fact.name);
  }
  if (event.body.type !== 'practice.filed') return;
  const missing = mappings.find((mapping) => mapping.required && !seen.has(mapping.name));
  if (missing !== undefined) throw fault(missing.name, 'is required and missing');
}

/** The form of a procedure that a root element fits. @throws HubError `FORM_NOT_ACCEPTED` */
export function acceptedForm(
  procedure: Procedure,
  form: { readonly namespace: string; readonly root: string; readonly version: string },
): AcceptedForm {
  const found = procedure.forms.find(
    ({ namespace, root, version }) =>
      namespace === form.namespace && root === form.root && version === form.version,
  );
  if (found !== undefined) return found;
  throw new HubError(
    'FORM_NOT_ACCEPTED',
    `${procedure.code} does not accept {${form.namespace}}${form.root} ${form.version}`,
    {
      details: {
        procedure: procedure.code,
        accepted: procedure.forms.map(({ namespace, root, version }) => ({ namespace, root, version })),
      },
    },
  );
}

function declaredMappings(event: HubEvent, procedure: Procedure): readonly FactMapping[] {
  if (event.body.type === 'practice.filed') return acceptedForm(procedure, event.body.form).facts;
  return procedure.forms.flatMap((form) => form.facts);
}

function allows(mapping: FactMapping, fact: Fact): boolean {
  if (mapping.kind !== fact.kind) return false;
  switch (mapping.kind) {
    case 'boolean':
      return fact.value === 'true' || fact.value === 'false';
    case 'istat':
      return /^[0-9]{6}$/.test(fact.value);
    case 'code':
      return mapping.codes?.includes(fact.value) ?? false;
    case 'band':
      return mapping.bands?.some((band) => band.name === fact.value) ?? false;
  }
}

function fault(name: string, what: string): HubError {
  return new HubError('FACTS_NOT_DECLARED', `fact ${name} ${what}`, { details: { fact: name } });
}
