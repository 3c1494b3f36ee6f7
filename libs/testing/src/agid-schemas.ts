/** AgID's schemas for specs. They are not part of the project: they lie beside it, where they are at all. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { XmlBufferInputProvider, XmlDocument, xmlRegisterInputProvider, XsdValidator } from 'libxml2-wasm';

const FOLDER = join(import.meta.dirname, '../../../../shared/reference/protocollo');
const FILES = ['segnatura_protocollo.xsd', 'pec_message.xsd', 'import_schemas/xmldsig-core-schema.xsd'];
const VIRTUAL = 'agid/';

/** False where the reference material is absent: then what needs it is skipped, and says so. */
export const agidPresent = existsSync(join(FOLDER, FILES[0] ?? ''));

/** What is wrong with a document by AgID's XSD; null if it is valid. */
export type Faults = (xml: Buffer) => string | null;

/** A validator for the segnatura, or for the messages of the confirmation exchange. */
export function agidSchema(name: 'segnatura_protocollo.xsd' | 'pec_message.xsd'): Faults {
  const contents = FILES.map((file) => [VIRTUAL + file, readFileSync(join(FOLDER, file))] as const);
  xmlRegisterInputProvider(new XmlBufferInputProvider(Object.fromEntries(contents)));
  const source = XmlDocument.fromBuffer(readFileSync(join(FOLDER, name)), { url: VIRTUAL + name });
  const validator = XsdValidator.fromDoc(source);
  source.dispose();
  return (xml) => {
    const document = XmlDocument.fromBuffer(xml);
    try {
      validator.validate(document);
      return null;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    } finally {
      document.dispose();
    }
  };
}
