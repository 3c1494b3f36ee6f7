import { XmlLibError, XsdValidator } from 'libxml2-wasm';
import { HubError } from '#errors';
import type { FormSchema } from '../decision.ts';
import { parseXml, withForm, type FormRoot } from './form-document.ts';
import { formErrors } from './form-errors.ts';
import { closureOf, schemaFault, schemaFiles, served } from './schema-set.ts';

/** A form's schema, ready to validate filings. Holds memory outside the JavaScript heap until `dispose`. */
export interface CompiledForm {
  readonly namespace: string;
  readonly root: string;
  readonly version: string;
  /**
   * Returns when `xml` is a valid form of this schema, root element included.
   * @throws HubError `FORM_TOO_LARGE`, `XML_FORBIDDEN_CONSTRUCT`, `XML_MALFORMED`,
   *   `FORM_NOT_ACCEPTED` (another root element), `FORM_INVALID` (details.errors: line, xpath, reason)
   */
  validate(xml: Buffer): void;
  dispose(): void;
}

/**
 * Compiles a form's schema from its files in memory; nothing is fetched, and imports are found without letter case.
 * @throws HubError `FORM_SCHEMA_INVALID`, `XML_MALFORMED`, `XML_FORBIDDEN_CONSTRUCT`
 */
export function compileForm(schema: FormSchema): CompiledForm {
  const { namespace, root, version } = schema;
  const validator = compileXsd(schema);
  return {
    namespace,
    root,
    version,
    validate: (xml) => {
      validate(xml, schema, validator);
    },
    dispose: () => {
      validator.dispose();
    },
  };
}

function compileXsd({ entry, files }: FormSchema): XsdValidator {
  const closure = schemaFiles(closureOf(entry, schemaFiles(files)));
  const xsd = closure.get(entry.toLowerCase());
  if (xsd === undefined) throw schemaFault(`${entry} is not among the files`, { missing: entry });
  return served(closure, (base) => {
    const document = parseXml(xsd.bytes, encodeURI(base + xsd.path));
    try {
      return XsdValidator.fromDoc(document);
    } catch (cause) {
      if (!(cause instanceof XmlLibError)) throw cause;
      const first = cause.details.find(({ level }) => level > 1);
      const reason = (first?.message ?? cause.message).replaceAll(base, '').trim();
      const file = first?.file?.replace(base, '') ?? entry;
      throw schemaFault(`${entry} does not compile: ${reason}`, { file, line: first?.line ?? 0 }, cause);
    } finally {
      document.dispose();
    }
  });
}

function validate(xml: Buffer, schema: FormRoot, validator: XsdValidator): void {
  withForm(xml, (document) => {
    const { name, namespaceUri } = document.root;
    // libxml2 would accept any element that the schema set declares globally.
    if (name !== schema.root || namespaceUri !== schema.namespace) {
      throw new HubError(
        'FORM_NOT_ACCEPTED',
        `the root element is {${namespaceUri}}${name}, not {${schema.namespace}}${schema.root}`,
      );
    }
    try {
      validator.validate(document);
    } catch (cause) {
      if (!(cause instanceof XmlLibError)) throw cause;
      const errors = formErrors(cause.details, document);
      const first = errors[0];
      // The cause quotes the form's values: it stays out of the error, which gets logged.
      throw new HubError(
        'FORM_INVALID',
        `line ${first?.line ?? 0}, ${first?.xpath ?? '/'}: ${first?.reason ?? 'invalid'}`,
        {
          details: { errors },
        },
      );
    }
  });
}
