import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { SchemaFile } from '../decision.ts';
import { compileForm } from './compile-form.ts';
import { rootOf } from './form-document.ts';
import { readFormPackage } from './form-package.ts';

const MODULI = join(import.meta.dirname, '../../../../../shared/reference/moduli');
const present = existsSync(MODULI);

function packageFiles(): readonly SchemaFile[] {
  return readdirSync(MODULI, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({ path: path.slice(MODULI.length + 1), bytes: readFileSync(path) }));
}

describe.skipIf(!present)('the published package (skipped when ../shared/reference/moduli is absent)', () => {
  const { accepted, refused } = present ? readFormPackage(packageFiles()) : { accepted: [], refused: [] };
  const compiled = accepted.map((schema) => compileForm(schema));
  afterAll(() => {
    for (const form of compiled) form.dispose();
  });
  const examples = present ? readdirSync(join(MODULI, 'examples')) : [];
  const read = (name: string) => readFileSync(join(MODULI, 'examples', name));
  const formFor = (xml: Buffer) => {
    const { namespace, root } = rootOf(xml);
    return compiled.find((form) => form.namespace === namespace && form.root === root)!;
  };

  it('goes in, but for the form whose section is missing, which is refused by name', () => {
    expect(accepted).toHaveLength(9);
    expect(refused).toEqual([
      {
        name: 'mod_apparecchi_automatici_v1.0.0',
        code: 'FORM_SCHEMA_INVALID',
        reason: expect.stringContaining('sez_requisiti_onorabilita_professionali') as string,
      },
    ]);
  });

  it('brings with each form only the files it needs', () => {
    const apertura = accepted.find(({ root }) => root === 'esercizio_vicinato_apertura')!;
    const paths = apertura.files.map(({ path }) => path);
    expect(paths[0]).toBe('04_forms/mod_esercizio_vicinato_apertura_v1.0.0.xsd');
    expect(paths).toContain('02_entities/ent_iscrizione_REA_v1.0.0.xsd');
    expect(paths.filter((path) => path.startsWith('04_forms/'))).toHaveLength(1);
  });

  it.each(examples)('accepts the official example %s', (name) => {
    const xml = read(name);
    expect(() => {
      formFor(xml).validate(xml);
    }).not.toThrow();
  });

  it('refuses a copy with an invalid value, with line, XPath and reason', () => {
    const xml = read('esercizio_vicinato_apertura-alimentare.xml');
    const wrong = Buffer.from(
      xml.toString().replace('<esetmer:alimentare>10<', '<esetmer:alimentare>dieci<'),
    );
    expect(() => {
      formFor(wrong).validate(wrong);
    }).toThrow(
      expect.objectContaining({
        code: 'FORM_INVALID',
        details: {
          errors: [
            {
              line: 125,
              xpath:
                '/mesviap:esercizio_vicinato_apertura/sapesvi:apertura_esercizio_vicinato/sapesvi:settori_merceologici/esetmer:alimentare',
              reason: expect.stringContaining(
                "is not a valid value of the atomic type 'xs:positiveInteger'",
              ) as string,
            },
          ],
        },
      }),
    );
  });
});

describe('readFormPackage', () => {
  const xsd = (body: string) =>
    Buffer.from(
      `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:t">${body}</xs:schema>`,
    );

  it('keeps good forms when others are malformed, empty or carry a DTD', () => {
    const { accepted, refused } = readFormPackage([
      { path: '04_forms/a.xsd', bytes: xsd('<xs:element name="a" type="xs:string"/>') },
      { path: '04_forms/b.xsd', bytes: Buffer.from('<xs:schema') },
      { path: '04_forms/c.xsd', bytes: Buffer.concat([Buffer.from('<!DOCTYPE a>'), xsd('')]) },
      { path: '04_forms/d.xsd', bytes: xsd('') },
      { path: '03_sections/e.xsd', bytes: Buffer.from('not a form') },
    ]);
    expect(accepted.map(({ root }) => root)).toEqual(['a']);
    expect(refused.map(({ name, code }) => [name, code])).toEqual([
      ['b', 'XML_MALFORMED'],
      ['c', 'XML_FORBIDDEN_CONSTRUCT'],
      ['d', 'FORM_SCHEMA_INVALID'],
    ]);
  });
});
