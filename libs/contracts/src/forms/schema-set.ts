import { posix } from 'node:path';
import { closeBuffer, openBuffer, readBuffer, xmlRegisterInputProvider } from 'libxml2-wasm';
import { HubError } from '#errors';
import type { SchemaFile } from '../decision.ts';
import { parseXml } from './form-document.ts';

const XSD = { xsd: 'http://www.w3.org/2001/XMLSchema' };
/** Bounds of one form's schema set: a hundred times what a real form needs. */
const MAX_FILES = 512;
const MAX_BYTES = 16 * 1024 * 1024;

/** Files by path; published packages mix letter cases, so paths are looked up without case. */
export type SchemaFiles = ReadonlyMap<string, SchemaFile>;

export function schemaFiles(files: readonly SchemaFile[]): SchemaFiles {
  return new Map(files.map((file) => [file.path.toLowerCase(), file]));
}

/**
 * The files that the XSD at `entry` needs, itself first: imports, includes and redefinitions, followed to the end.
 * @throws HubError `FORM_SCHEMA_INVALID` naming the file that is missing, or that names it
 */
export function closureOf(entry: string, files: SchemaFiles): readonly SchemaFile[] {
  const needed = new Map<string, SchemaFile>();
  const open: { readonly path: string; readonly by: string }[] = [{ path: entry, by: entry }];
  let bytes = 0;
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const file = files.get(next.path.toLowerCase());
    if (file === undefined)
      throw schemaFault(`${next.by} needs ${next.path}, which is not there`, { missing: next.path });
    if (needed.has(file.path)) continue;
    needed.set(file.path, file);
    bytes += file.bytes.length;
    if (needed.size > MAX_FILES || bytes > MAX_BYTES)
      throw schemaFault(`${entry} needs too many or too large files`, {});
    for (const path of namedBy(file)) open.push({ path, by: file.path });
  }
  return [...needed.values()];
}

function namedBy(file: SchemaFile): readonly string[] {
  const document = parseXml(file.bytes);
  try {
    return document
      .find(
        '/xsd:schema/xsd:import/@schemaLocation | /xsd:schema/xsd:include/@schemaLocation | /xsd:schema/xsd:redefine/@schemaLocation',
        XSD,
      )
      .map(({ content }) =>
        content.includes(':') ? content : posix.join(posix.dirname(file.path), content),
      );
  } finally {
    document.dispose();
  }
}

/** @param details what the refusal names, for machines */
export function schemaFault(
  reason: string,
  details: Readonly<Record<string, unknown>>,
  cause?: unknown,
): HubError {
  return new HubError('FORM_SCHEMA_INVALID', reason, { cause, details: { reason, ...details } });
}

/*
 * libxml2 asks for imported files through callbacks that are registered once for the whole process, in a table of
 * fifteen. Ours serves every schema set, each under a prefix of its own, and only while it compiles: a form that is
 * being validated can make nothing load.
 */
const SCHEME = 'reset-hub-form:///';
const sets = new Map<string, SchemaFiles>();
let registered = false;
let lastSet = 0;

/** Makes `files` readable to libxml2 under the base URL given to `use`, for as long as `use` runs. */
export function served<T>(files: SchemaFiles, use: (base: string) => T): T {
  registered ||= xmlRegisterInputProvider({
    match: (url) => lookUp(url) !== undefined,
    open: (url) => {
      const file = lookUp(url);
      return file === undefined ? undefined : openBuffer(file.bytes);
    },
    read: readBuffer,
    close: (descriptor) => {
      closeBuffer(descriptor);
      return true;
    },
  });
  lastSet += 1;
  const base = `${SCHEME}${lastSet}/`;
  sets.set(base, files);
  try {
    return use(base);
  } finally {
    sets.delete(base);
  }
}

function lookUp(url: string): SchemaFile | undefined {
  const end = url.indexOf('/', SCHEME.length);
  if (!url.startsWith(SCHEME) || end < 0) return undefined;
  return sets.get(url.slice(0, end + 1))?.get(decodeURI(url.slice(end + 1)).toLowerCase());
}
