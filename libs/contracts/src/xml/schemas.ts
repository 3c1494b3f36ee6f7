/** The compiled XSDs of `contracts/xsd`: read and compiled once per process, all together, at first use. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { XmlBufferInputProvider, XmlDocument, xmlRegisterInputProvider, XsdValidator } from 'libxml2-wasm';
import { HubError } from '#errors';
import { compilePlainSchema, type SchemaDocument } from './compile-plain-schema.ts';
import { XML_ROOTS, type XmlKind } from './kinds.ts';
import { once } from './once.ts';
import type { ElementRule } from './plain-schema.ts';
import { treeOf } from './tree.ts';

/** Where imports between the schemas resolve: memory only, so that no schema can reach a disk or a network. */
const VIRTUAL_FOLDER = 'reset-hub-xsd/';

interface Schema {
  readonly validator: XsdValidator;
  /** For documents that were read plainly; undefined if the XSD is more than is understood there. */
  readonly rules: () => ElementRule | undefined;
}

let compiled: ReadonlyMap<XmlKind, Schema> | null = null;

/** @throws HubError `XSD_UNAVAILABLE` */
export function schemaOf(kind: XmlKind): Schema {
  compiled ??= compileAll(join(packageRoot(import.meta.dirname), 'contracts', 'xsd'));
  const schema = compiled.get(kind);
  if (schema === undefined) throw new HubError('XSD_UNAVAILABLE', `there is no XSD for ${kind}`);
  return schema;
}

function compileAll(folder: string): ReadonlyMap<XmlKind, Schema> {
  try {
    const files = readdirSync(folder).filter((name) => name.endsWith('.xsd'));
    const contents = files.map((name) => [VIRTUAL_FOLDER + name, readFileSync(join(folder, name))] as const);
    xmlRegisterInputProvider(new XmlBufferInputProvider(Object.fromEntries(contents)));
    const sources = new Map<string, Buffer>(contents);
    const documents = new Map(contents.map(([url, source]) => [url, once(() => readSchema(source))]));
    return new Map(
      Object.keys(XML_ROOTS).map((kind) => [
        kind as XmlKind,
        {
          validator: compile(`${VIRTUAL_FOLDER}${kind}-1.xsd`, sources),
          rules: once(() =>
            compilePlainSchema(`${kind}-1.xsd`, (name) => found(documents, VIRTUAL_FOLDER + name)()),
          ),
        },
      ]),
    );
  } catch (cause) {
    throw new HubError('XSD_UNAVAILABLE', `the XSDs of ${folder} cannot be compiled`, { cause });
  }
}

function compile(url: string, sources: ReadonlyMap<string, Buffer>): XsdValidator {
  const document = XmlDocument.fromBuffer(found(sources, url), { url });
  try {
    return XsdValidator.fromDoc(document);
  } finally {
    document.dispose();
  }
}

function readSchema(source: Buffer): SchemaDocument {
  const document = XmlDocument.fromBuffer(source);
  try {
    return { root: treeOf(document.root), prefixes: document.root.nsDeclarations };
  } finally {
    document.dispose();
  }
}

function found<T>(sources: ReadonlyMap<string, T>, url: string): T {
  const source = sources.get(url);
  if (source === undefined) throw new HubError('XSD_UNAVAILABLE', `${url} is missing`);
  return source;
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
