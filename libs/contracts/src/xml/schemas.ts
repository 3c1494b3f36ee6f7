/** The compiled XSDs of `contracts/xsd`: read and compiled once per process, all together, at first use. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { XmlBufferInputProvider, XmlDocument, xmlRegisterInputProvider, XsdValidator } from 'libxml2-wasm';
import { HubError } from '#errors';
import { XML_ROOTS, type XmlKind } from './kinds.ts';

/** Where imports between the schemas resolve: memory only, so that no schema can reach a disk or a network. */
const VIRTUAL_FOLDER = 'reset-hub-xsd/';

let compiled: ReadonlyMap<XmlKind, XsdValidator> | null = null;

/** @throws HubError `XSD_UNAVAILABLE` */
export function schemaOf(kind: XmlKind): XsdValidator {
  compiled ??= compileAll(join(packageRoot(import.meta.dirname), 'contracts', 'xsd'));
  const schema = compiled.get(kind);
  if (schema === undefined) throw new HubError('XSD_UNAVAILABLE', `there is no XSD for ${kind}`);
  return schema;
}

function compileAll(folder: string): ReadonlyMap<XmlKind, XsdValidator> {
  try {
    const files = readdirSync(folder).filter((name) => name.endsWith('.xsd'));
    const contents = files.map((name) => [VIRTUAL_FOLDER + name, readFileSync(join(folder, name))] as const);
    xmlRegisterInputProvider(new XmlBufferInputProvider(Object.fromEntries(contents)));
    const sources = new Map<string, Buffer>(contents);
    return new Map(
      Object.keys(XML_ROOTS).map((kind) => [
        kind as XmlKind,
        compile(`${VIRTUAL_FOLDER}${kind}-1.xsd`, sources),
      ]),
    );
  } catch (cause) {
    throw new HubError('XSD_UNAVAILABLE', `the XSDs of ${folder} cannot be compiled`, { cause });
  }
}

function compile(url: string, sources: ReadonlyMap<string, Buffer>): XsdValidator {
  const source = sources.get(url);
  if (source === undefined) throw new HubError('XSD_UNAVAILABLE', `${url} is missing`);
  const document = XmlDocument.fromBuffer(source, { url });
  try {
    return XsdValidator.fromDoc(document);
  } finally {
    document.dispose();
  }
}

/** The folder of the `reset-hub` package, above the sources as above `dist`. */
function packageRoot(from: string): string {
  for (let folder = from; ; folder = dirname(folder)) {
    if (isPackage(join(folder, 'package.json'))) return folder;
    if (folder === dirname(folder))
      throw new HubError('XSD_UNAVAILABLE', `no package reset-hub above ${from}`);
  }
}

function isPackage(file: string): boolean {
  try {
    const manifest: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return (
      typeof manifest === 'object' && manifest !== null && 'name' in manifest && manifest.name === 'reset-hub'
    );
  } catch {
    return false;
  }
}
