import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SignatureReport } from '#signed-uploads';
import { aCa, aCms, aPdf, aSigner, padesBy, signedPdf, type TestCa } from '#testing';
import { cli } from '../cli.fixture.ts';
import { runCli } from '../run-cli.ts';

let folder: string;
let ca: TestCa;
let signed: Buffer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reset-hub-check-'));
  ca = await aCa();
  signed = signedPdf(aPdf(), padesBy(await aSigner(ca)));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function fileOf(name: string, bytes: Buffer | string): Promise<string> {
  await writeFile(join(folder, name), bytes);
  return join(folder, name);
}

/** In this process: starting one for each takes longer than all the checks. */
async function check(bytes: Buffer, ...options: string[]) {
  let out = '';
  const terminal = { out: (text: string) => void (out += text), error: () => undefined };
  const file = await fileOf('documento', bytes);
  const code = await runCli(['document', 'check', file, '--json', ...options], terminal, {});
  return {
    code,
    report: JSON.parse(out) as SignatureReport & { clean: boolean; error?: { code: string } },
  };
}

describe('document check', { timeout: 60_000 }, () => {
  it('ends with 0 for a valid signature, and traces its signer back to a CA that is given', async () => {
    const { code, report } = await check(
      signed,
      '--trust',
      await fileOf('ca.pem', ca.certificate.toString()),
    );
    expect(code).toBe(0);
    expect(report).toMatchObject({
      clean: true,
      signatures: [{ format: 'PAdES', signer: { name: 'Ada Prova' }, chain: { status: 'anchored' } }],
    });
  });

  it('ends with 0 for a document without a signature, and with 1 for one that is in doubt', async () => {
    expect((await check(aPdf())).code).toBe(0);
    const changed = await check(Buffer.concat([signed, Buffer.from('%')]));
    expect(changed).toMatchObject({ code: 1, report: { clean: false } });
    const detached = aCms(await aSigner(ca), { content: signed, detached: true });
    expect((await check(detached)).code).toBe(1);
  });

  it('ends with 2 for a file that is not there, and for a --trust that is no CA', async () => {
    expect((await cli(['document', 'check', join(folder, 'none')])).code).toBe(2);
    const { code, report } = await check(signed, '--trust', await fileOf('none.pem', 'no certificate'));
    expect(code).toBe(2);
    expect(report.error?.code).toBe('USAGE_INVALID');
  });

  it('tells people who signed, what is wrong in their language, and what it did not check', async () => {
    const file = await fileOf('documento', Buffer.concat([signed, Buffer.from('%')]));
    const { out } = await cli(['document', 'check', file], { LANG: 'it_IT.UTF-8' });
    expect(out).toMatch(/PAdES-B signature: CHANGED AFTER SIGNING[^]*Ada Prova, TINIT-AAAAAA00A00A000A/);
    expect(out).toContain("Dopo l'ultima firma sono stati aggiunti byte");
    expect(out).toContain('whether a certificate was revoked');
  });
});
