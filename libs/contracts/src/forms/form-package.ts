import { posix } from 'node:path';
import { HubError, type ErrorCode } from '#errors';
import type { FormSchema, SchemaFile } from '../decision.ts';
import { compileForm } from './compile-form.ts';
import { parseXml } from './form-document.ts';
import { closureOf, schemaFiles } from './schema-set.ts';

/** A form that an import leaves out, and why. */
export interface RefusedForm {
  /** File name of its XSD without the ending. */
  readonly name: string;
  readonly code: ErrorCode;
  readonly reason: string;
}

export interface FormPackage {
  readonly accepted: readonly FormSchema[];
  readonly refused: readonly RefusedForm[];
}

const XSD = { xsd: 'http://www.w3.org/2001/XMLSchema' };
const FORMS_FOLDER = '04_forms';

/**
 * Reads a package of form schemas laid out as AgID's: `01_vocabularies`, `02_entities`, `03_sections`, `04_forms`,
 * common files beside them. Each XSD of `04_forms` gives one form for each root element it declares, with only the
 * files it needs. One that does not compile is refused by name; the others go in. Order: by path.
 * @param files every file of the package, by its path inside it (`/` between folders); others than XSDs are ignored
 */
export function readFormPackage(files: readonly SchemaFile[]): FormPackage {
  const all = schemaFiles(files.filter(({ path }) => path.toLowerCase().endsWith('.xsd')));
  const entries = [...all.values()]
    .map(({ path }) => path)
    .filter((path) => posix.dirname(path).toLowerCase() === FORMS_FOLDER)
    .sort();
  const accepted: FormSchema[] = [];
  const refused: RefusedForm[] = [];
  for (const entry of entries) {
    try {
      accepted.push(...formsOf(entry, closureOf(entry, all)));
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
      refused.push({
        name: posix.basename(entry).slice(0, -'.xsd'.length),
        code: error.code,
        reason: error.message,
      });
    }
  }
  return { accepted, refused };
}

/**
 * The forms that the XSD first in `files` declares, each checked to compile.
 * @throws HubError `FORM_SCHEMA_INVALID`, `XML_MALFORMED`, `XML_FORBIDDEN_CONSTRUCT`
 */
export function formsOf(entry: string, files: readonly SchemaFile[]): readonly FormSchema[] {
  const { namespace, version, roots } = declared(files[0]?.bytes ?? Buffer.alloc(0));
  const forms = roots.map((root) => ({ namespace, root, version, entry, files }));
  const [first] = forms;
  if (first === undefined) throw new HubError('FORM_SCHEMA_INVALID', `${entry} declares no root element`);
  compileForm(first).dispose();
  return forms;
}

function declared(xsd: Buffer): {
  readonly namespace: string;
  readonly version: string;
  readonly roots: readonly string[];
} {
  const document = parseXml(xsd);
  try {
    const attribute = (name: string) => document.root.attr(name)?.value ?? '';
    return {
      namespace: attribute('targetNamespace'),
      version: attribute('version'),
      roots: document.find('/xsd:schema/xsd:element/@name', XSD).map(({ content }) => content),
    };
  } finally {
    document.dispose();
  }
}
