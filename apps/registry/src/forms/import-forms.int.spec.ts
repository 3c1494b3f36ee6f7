import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { describe, expect, it } from 'vitest';
import { freshDatabase } from '#testing';
import { call, TestRegistry } from '../registry.fixture.ts';
import type { FormImport } from './import-forms.ts';

const WAIT_MS = 20_000;
const REFERENCE = join(import.meta.dirname, '../../../../../shared/reference/moduli');
const hasReference = existsSync(REFERENCE);

const test = await TestRegistry.create(freshDatabase);

interface UploadedFile {
  readonly path: string;
  readonly base64: string;
}

function filesIn(folder: string): UploadedFile[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({
      path: relative(folder, path).split(sep).join('/'),
      base64: readFileSync(path).toString('base64'),
    }));
}

function aForm(root: string, version = '1.0.0', type = 'xs:string'): UploadedFile {
  const xsd = `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:test:${root}" version="${version}">
    <xs:element name="${root}" type="${type}"/></xs:schema>`;
  return { path: `04_forms/${root}_v${version}.xsd`, base64: Buffer.from(xsd).toString('base64') };
}

describe('importing forms', () => {
  it('registers what compiles, names what does not, and skips what has not changed', async () => {
    const running = await test.start();
    const { number } = running.registry.ledger.head();
    const files = [aForm('uno'), aForm('due'), aForm('rotto', '1.0.0', 'missing')];
    const first = (await call(running, '/v1/forms', { body: files })).json as FormImport;
    expect(first.accepted.map((form) => [form.root, form.number, form.unchanged])).toEqual([
      ['due', number + 1, false],
      ['uno', number + 2, false],
    ]);
    expect(first.refused).toMatchObject([{ name: 'rotto_v1.0.0', code: 'FORM_SCHEMA_INVALID' }]);

    const changed = [aForm('uno'), aForm('due', '1.0.0', 'xs:integer')];
    const second = (await call(running, '/v1/forms', { body: changed })).json as FormImport;
    expect(second.accepted.map((form) => [form.root, form.number, form.unchanged])).toEqual([
      ['due', number + 3, false],
      ['uno', number + 2, true],
    ]);

    const shown = await call(running, `/v1/forms/${encodeURIComponent('urn:test:uno')}`);
    expect(shown.json).toMatchObject({ forms: [{ root: 'uno', version: '1.0.0', number: number + 2 }] });
    const view = await test.view();
    expect(await view.waitFor(number + 3, WAIT_MS)).toBe(true);
    const due = view.compiledForm('urn:test:due', 'due');
    expect(() => {
      due.validate(Buffer.from('<due xmlns="urn:test:due">no number</due>'));
    }).toThrow(expect.objectContaining({ code: 'FORM_INVALID' }));
    await running.close();
  });

  it('refuses a package without forms, paths that lead elsewhere, and more than 10 MB', async () => {
    const running = await test.start();
    const post = (body: unknown) => call(running, '/v1/forms', { body });
    const empty = await post([{ path: 'readme.md', base64: '' }]);
    expect(empty).toMatchObject({ status: 422, json: { code: 'FORM_PACKAGE_EMPTY' } });
    const astray = await post([{ ...aForm('uno'), path: '../04_forms/uno.xsd' }]);
    expect(astray).toMatchObject({ status: 400, json: { code: 'REQUEST_INVALID' } });
    const large = { path: '04_forms/a.xsd', base64: Buffer.alloc(5_300_000).toString('base64') };
    expect(await post([large, { ...large, path: '04_forms/b.xsd' }])).toMatchObject({ status: 413 });
    const unknown = await call(running, `/v1/forms/${encodeURIComponent('urn:test:ignoto')}`);
    expect(unknown).toMatchObject({ status: 404, json: { code: 'FORM_NOT_REGISTERED' } });
    await running.close();
  });

  it.skipIf(!hasReference)(
    'takes the real package of reference forms, if it lies beside the project',
    async () => {
      const running = await test.start();
      const package_ = filesIn(REFERENCE);
      const result = (await call(running, '/v1/forms', { body: package_ })).json as FormImport;
      expect(result.refused.map(({ name }) => name)).toEqual(['mod_apparecchi_automatici_v1.0.0']);
      expect(result.accepted.length).toBeGreaterThan(5);
      const again = (await call(running, '/v1/forms', { body: package_ })).json as FormImport;
      expect(again.accepted.every(({ unchanged }) => unchanged)).toBe(true);
      expect(again.accepted.map(({ number }) => number)).toEqual(result.accepted.map(({ number }) => number));

      const view = await test.view();
      expect(await view.waitFor(running.registry.ledger.head().number, WAIT_MS)).toBe(true);
      for (const name of readdirSync(join(REFERENCE, 'examples'))) {
        const xml = readFileSync(join(REFERENCE, 'examples', name));
        const root = result.accepted.find(
          (form) => xml.includes(form.namespace) && xml.includes(`${form.root} `),
        );
        if (root === undefined) throw new Error(`no form for ${name}`);
        view.compiledForm(root.namespace, root.root).validate(xml);
      }
      await running.close();
    },
  );
});
