import { XmlXPathError, type XmlDocument } from 'libxml2-wasm';
import { HubError } from '#errors';
import type { Fact } from '../event.ts';
import { parseIstatCode, type IstatCode } from '../ids.ts';
import type { AcceptedForm, FactMapping } from '../procedure.ts';
import { withForm } from './form-document.ts';

/** What the author's node takes from a form. Only `facts` and `territory` may go into an event. */
export interface FormReading {
  readonly facts: readonly Fact[];
  /** The municipality concerned; absent: the owner's own. */
  readonly territory?: IstatCode;
  /** For the search at the owner's desk. Stays at the node. */
  readonly search: readonly { readonly name: string; readonly value: string }[];
}

type Evaluated = string | undefined;

/**
 * Reads a valid form by the procedure's mapping: XPath 1.0 with the mapping's prefixes, from the root element. An
 * expression that selects nodes gives the first one's text; nothing or blank is absent.
 * @throws HubError `FORM_FACTS_INVALID` (a required fact absent, a value that its kind does not allow; details.fact),
 *   `FORM_TOO_LARGE`, `XML_MALFORMED`, `XML_FORBIDDEN_CONSTRUCT`
 */
export function extractFacts(xml: Buffer, accepted: AcceptedForm): FormReading {
  return withForm(xml, (document) => {
    const read = (name: string, xpath: string) => evaluate(document, name, xpath, accepted.prefixes);
    const territory = accepted.territory === undefined ? undefined : read('territory', accepted.territory);
    if (accepted.territory !== undefined && territory === undefined) throw fault('territory', 'is missing');
    return {
      facts: accepted.facts.flatMap((mapping) => factOf(mapping, read(mapping.name, mapping.xpath))),
      ...(territory === undefined ? {} : { territory: istat('territory', territory) }),
      search: accepted.searchFields.flatMap(({ name, xpath }) => {
        const value = read(name, xpath);
        return value === undefined ? [] : [{ name, value }];
      }),
    };
  });
}

function evaluate(
  document: XmlDocument,
  name: string,
  xpath: string,
  prefixes: AcceptedForm['prefixes'],
): Evaluated {
  let result: ReturnType<XmlDocument['eval']>;
  try {
    result = document.eval(xpath, { ...prefixes });
  } catch (cause) {
    if (cause instanceof XmlXPathError) throw fault(name, 'has an XPath that cannot be evaluated', cause);
    throw cause;
  }
  const text = (Array.isArray(result) ? (result[0]?.content ?? '') : String(result)).trim();
  return text === '' ? undefined : text;
}

function factOf(mapping: FactMapping, text: Evaluated): readonly Fact[] {
  if (text === undefined) {
    if (mapping.required) throw fault(mapping.name, 'is required and missing');
    return [];
  }
  return [{ name: mapping.name, kind: mapping.kind, value: valueOf(mapping, text) }];
}

function valueOf(mapping: FactMapping, text: string): string {
  switch (mapping.kind) {
    case 'boolean': {
      if (text === 'true' || text === '1') return 'true';
      if (text === 'false' || text === '0') return 'false';
      throw fault(mapping.name, 'is not a boolean');
    }
    case 'code':
      if (mapping.codes?.includes(text) === true) return text;
      throw fault(mapping.name, `is not one of ${mapping.codes?.join(', ') ?? ''}`);
    case 'istat':
      return istat(mapping.name, text);
    case 'band':
      return bandOf(mapping, text);
  }
}

function bandOf(mapping: FactMapping, text: string): string {
  const number = Number(text);
  if (!Number.isFinite(number)) throw fault(mapping.name, 'is not a number');
  const band = mapping.bands?.find(({ below }) => below === undefined || number < below);
  if (band === undefined) throw fault(mapping.name, 'is in none of the bands');
  return band.name;
}

function istat(name: string, text: string): IstatCode {
  if (!/^[0-9]{6}$/u.test(text)) throw fault(name, 'is not an ISTAT code of six digits');
  return parseIstatCode(text);
}

function fault(fact: string, what: string, cause?: unknown): HubError {
  return new HubError('FORM_FACTS_INVALID', `${fact} ${what}`, { cause, details: { fact } });
}
