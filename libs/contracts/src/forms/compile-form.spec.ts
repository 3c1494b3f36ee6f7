import { HubError } from '#errors';
import { afterAll, describe, expect, it } from 'vitest';
import type { FormSchema } from '../decision.ts';
import { compileForm } from './compile-form.ts';
import { FORM_SIZE_LIMIT, rootOf } from './form-document.ts';
import type { FormError } from './form-errors.ts';

const TYPES = `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:test:types" elementFormDefault="qualified">
  <xs:simpleType name="codice"><xs:restriction base="xs:string"><xs:pattern value="[A-Z]{6}"/></xs:restriction></xs:simpleType>
  <xs:element name="altro" type="xs:string"/>
</xs:schema>`;
const FORM = `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:t="urn:test:types" targetNamespace="urn:test:form" elementFormDefault="qualified" version="1.0.0">
  <xs:import namespace="urn:test:types" schemaLocation="../Types/TYPES.xsd"/>
  <xs:element name="modulo"><xs:complexType><xs:sequence>
    <xs:element name="voce" maxOccurs="unbounded"><xs:complexType><xs:sequence>
      <xs:element name="codice" type="t:codice"/><xs:element name="giorno" type="xs:date"/>
    </xs:sequence></xs:complexType></xs:element>
  </xs:sequence></xs:complexType></xs:element>
</xs:schema>`;
const file = (path: string, text: string) => ({ path, bytes: Buffer.from(text) });
const SCHEMA: FormSchema = {
  namespace: 'urn:test:form',
  root: 'modulo',
  version: '1.0.0',
  entry: 'forms/form.xsd',
  files: [file('forms/form.xsd', FORM), file('types/types.xsd', TYPES)],
};
const voce = (codice: string, giorno = '2026-01-01') =>
  `<voce><codice>${codice}</codice><giorno>${giorno}</giorno></voce>`;
const modulo = (inner: string) => Buffer.from(`<modulo xmlns="urn:test:form">\n${inner}</modulo>`);

function refusal(act: () => unknown): HubError {
  try {
    act();
  } catch (error) {
    if (error instanceof HubError) return error;
    throw error;
  }
  return expect.fail('nothing was refused');
}

describe('compileForm', () => {
  const form = compileForm(SCHEMA);
  afterAll(() => {
    form.dispose();
  });
  const errors = (xml: Buffer) =>
    refusal(() => {
      form.validate(xml);
    }).details['errors'] as FormError[];

  it('finds an import whose name differs in letter case and accepts a valid form', () => {
    expect(() => {
      form.validate(modulo(voce('AAAAAA')));
    }).not.toThrow();
  });

  it('tells line, XPath and reason of each error, and never the value found', () => {
    const found = errors(
      modulo(
        `${voce('AAAAAA')}\n${voce('segreto1')}\n${voce('BBBBBB', "segreto' is not a valid value of x")}`,
      ),
    );
    expect(found).toEqual([
      {
        line: 3,
        xpath: '/modulo/voce[2]/codice',
        reason: expect.stringContaining("pattern '[A-Z]{6}'") as string,
      },
      { line: 4, xpath: '/modulo/voce[3]/giorno', reason: expect.stringContaining("'xs:date'") as string },
    ]);
    expect(JSON.stringify(found)).not.toContain('segreto');
  });

  it('refuses in good time, and without its text, a form that quotes libxml2’s own phrases', () => {
    const hostile = `The value '`.repeat(100_000);
    const [error] = errors(modulo(voce(hostile)));
    expect(error?.reason).toBe('the value is not allowed by the schema');
  });

  it('refuses another root element, though the schema set declares it', () => {
    expect(
      refusal(() => {
        form.validate(Buffer.from('<altro xmlns="urn:test:types"/>'));
      }).code,
    ).toBe('FORM_NOT_ACCEPTED');
  });

  it.each([
    ['a form cut off midway', '<modulo xmlns="urn:test:form"><voce>', 'XML_MALFORMED'],
    ['an empty file', '', 'XML_MALFORMED'],
    [
      'a DTD',
      '<!DOCTYPE modulo [<!ENTITY a "b">]><modulo xmlns="urn:test:form">&a;</modulo>',
      'XML_FORBIDDEN_CONSTRUCT',
    ],
    ['a form beyond the size limit', ' '.repeat(FORM_SIZE_LIMIT + 1), 'FORM_TOO_LARGE'],
  ])('refuses %s', (_what, xml, code) => {
    expect(
      refusal(() => {
        form.validate(Buffer.from(xml));
      }).code,
    ).toBe(code);
  });

  it('refuses a DTD that another encoding hides', () => {
    const utf16 = Buffer.from('\uFEFF<!DOCTYPE modulo []><modulo xmlns="urn:test:form"/>', 'utf16le');
    expect(
      refusal(() => {
        form.validate(utf16);
      }).code,
    ).toBe('XML_FORBIDDEN_CONSTRUCT');
  });

  it('goes its own way whatever schema the form hints at', () => {
    const hint =
      'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="urn:test:form file:///etc/passwd"';
    expect(() => {
      form.validate(Buffer.from(`<modulo xmlns="urn:test:form" ${hint}>${voce('AAAAAA')}</modulo>`));
    }).not.toThrow();
  });

  it('refuses a schema that names a file it does not bring, or one on the net', () => {
    const alone = { ...SCHEMA, files: [SCHEMA.files[0]!] };
    expect(refusal(() => compileForm(alone))).toMatchObject({
      code: 'FORM_SCHEMA_INVALID',
      details: { missing: 'Types/TYPES.xsd' },
    });
    const remote = {
      ...alone,
      files: [file('forms/form.xsd', FORM.replace('../Types', 'http://example.org'))],
    };
    expect(refusal(() => compileForm(remote)).code).toBe('FORM_SCHEMA_INVALID');
  });

  it('refuses a schema that does not compile, with file and line', () => {
    const broken = {
      ...SCHEMA,
      files: [file('forms/form.xsd', FORM.replace('t:codice', 't:manca')), SCHEMA.files[1]!],
    };
    expect(refusal(() => compileForm(broken))).toMatchObject({
      code: 'FORM_SCHEMA_INVALID',
      details: { file: 'forms/form.xsd', line: 5 },
    });
  });
});

describe('rootOf', () => {
  it('names the root element', () => {
    expect(rootOf(Buffer.from('<x:a xmlns:x="urn:x"><b/></x:a>'))).toEqual({ namespace: 'urn:x', root: 'a' });
  });
});
