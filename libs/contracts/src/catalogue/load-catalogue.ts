import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { parse } from 'yaml';
import type { z } from 'zod';
import { HubError } from '#errors';
import type { FormSchema, SchemaFile } from '../decision.ts';
import { formsOf } from '../forms/form-package.ts';
import { closureOf, schemaFiles } from '../forms/schema-set.ts';
import type { Procedure } from '../procedure.ts';
import { networkFile, procedureFile, type NetworkFile } from './catalogue-shape.ts';
import type { Catalogue } from './catalogue.ts';
import { faultsOfNetwork, faultsOfProcedure, type CatalogueFault } from './check-catalogue.ts';

/**
 * Loads a network's catalogue: `network.yaml`, `procedures/*.yaml`, `forms/*.xsd` (what they include lies in folders
 * below). Checks shapes and that everything named is there, so that a network never starts with a procedure nobody
 * receives. Same files, same result: folders are read in name order.
 * @throws HubError `CATALOGUE_INVALID` (details.faults: file, field, reason), all faults of a kind at once
 */
export function loadCatalogue(dir: string): Catalogue {
  const network = readYaml(dir, 'network.yaml', networkFile);
  const procedures = filesIn(dir, 'procedures', '.yaml').map((file) => ({
    file,
    procedure: readProcedure(dir, file, network),
  }));
  const catalogue: Catalogue = {
    network: network.network,
    bodies: network.bodies,
    borders: network.borders,
    areas: network.areas,
    procedures: procedures.map(({ procedure }) => procedure),
    forms: readForms(dir),
  };
  refuseIfFaulty([
    ...faultsOfNetwork(catalogue).map((fault) => ({ file: 'network.yaml', ...fault })),
    ...procedures.flatMap(({ file, procedure }) =>
      faultsOfProcedure(procedure, catalogue).map((fault) => ({ file, ...fault })),
    ),
  ]);
  return catalogue;
}

function readProcedure(dir: string, file: string, network: NetworkFile): Procedure {
  const { grants, ...rest } = readYaml(dir, file, procedureFile);
  return { ...rest, grants: grants ?? network.grants };
}

function readYaml<T>(dir: string, file: string, shape: z.ZodType<T>): T {
  let content: unknown;
  try {
    content = parse(readFileSync(join(dir, file), 'utf8'));
  } catch (cause) {
    throw faulty(
      [{ file, field: '', reason: cause instanceof Error ? cause.message : 'cannot be read' }],
      cause,
    );
  }
  const result = shape.safeParse(content);
  if (result.success) return result.data;
  throw faulty(
    result.error.issues.map(({ path, message }) => ({ file, field: path.join('.'), reason: message })),
  );
}

function readForms(dir: string): readonly FormSchema[] {
  const folder = join(dir, 'forms');
  const files: SchemaFile[] = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.xsd'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((path) => ({ path: relative(folder, path).split(sep).join('/'), bytes: readFileSync(path) }));
  const set = schemaFiles(files);
  return files
    .filter(({ path }) => !path.includes('/'))
    .flatMap(({ path }) => {
      try {
        return formsOf(path, closureOf(path, set));
      } catch (cause) {
        if (!(cause instanceof HubError)) throw cause;
        throw faulty([{ file: `forms/${path}`, field: '', reason: cause.message }], cause);
      }
    });
}

function filesIn(dir: string, folder: string, ending: string): readonly string[] {
  return readdirSync(join(dir, folder))
    .filter((name) => name.endsWith(ending))
    .sort()
    .map((name) => `${folder}/${name}`);
}

type FileFault = CatalogueFault & { readonly file: string };

function refuseIfFaulty(faults: readonly FileFault[]): void {
  if (faults.length > 0) throw faulty(faults);
}

function faulty(faults: readonly FileFault[], cause?: unknown): HubError {
  const told = faults.map(
    ({ file, field, reason }) => `${file}${field === '' ? '' : ` ${field}`}: ${reason}`,
  );
  return new HubError('CATALOGUE_INVALID', told.join('; '), { cause, details: { faults } });
}
