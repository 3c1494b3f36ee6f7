import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MAX_INSPECTED_BYTES, SignatureChecker } from '#signed-uploads';
import { aCa, aCms, aPdf, aSigner, padesBy, signedPdf, type TestCa } from '#testing';

const NOW = new Date('2026-06-01T00:00:00Z');

let ada: TestCa;
let checker: SignatureChecker;

beforeAll(async () => {
  const ca = await aCa();
  ada = await aSigner(ca);
  checker = new SignatureChecker({ anchors: [ca.certificate] });
});

afterAll(() => checker.close());

async function* inChunks(bytes: Buffer): AsyncGenerator<Buffer, void, undefined> {
  for (let at = 0; at < bytes.length; at += 65_536)
    yield await Promise.resolve(bytes.subarray(at, at + 65_536));
}
const check = (bytes: Buffer) => checker.check(inChunks(bytes), bytes.length, NOW);

// Starting a thread of the sources takes a second, on a busy machine several.
describe('a check on its own thread', { timeout: 30_000 }, () => {
  it('says the same as here, for a document of many chunks', async () => {
    const pdf = signedPdf(Buffer.concat([aPdf(), Buffer.alloc(500_000, '% riempitivo\n')]), padesBy(ada));
    expect(await check(pdf)).toMatchObject({
      mediaType: 'application/pdf',
      signatures: [{ integrity: { status: 'valid' }, chain: { status: 'anchored' } }],
    });
    expect(await check(aCms(ada, { content: pdf }))).toMatchObject({
      signatures: [{ format: 'CAdES' }, { format: 'PAdES', depth: 1 }],
    });
  });

  it('does not read what is beyond the size that is looked into', async () => {
    const unread: AsyncIterable<Buffer> = {
      [Symbol.asyncIterator]: () => {
        throw new Error('it was read');
      },
    };
    const report = await checker.check(unread, MAX_INSPECTED_BYTES + 1, NOW);
    expect(report.incomplete?.code).toBe('UPLOAD_CHECK_LIMIT');
  });

  it('that takes too long is given up, and the next one is made', async () => {
    const hasty = new SignatureChecker({ anchors: [], deadlineMs: 1 });
    const pdf = aPdf();
    const late = hasty.check(inChunks(pdf), pdf.length, NOW);
    await expect(late).rejects.toMatchObject({ code: 'UPLOAD_CHECK_FAILED' });
    await hasty.close();
    expect(await check(pdf)).toMatchObject({ signatures: [], incomplete: null });
  });
});
