import { beforeAll, describe, expect, it } from 'vitest';
import { anEvent, NOW, replaced, TestAuthority, type Identity } from '../test-support.ts';
import { signEvent, signXml, verifySigned } from '../src/index.ts';
import { cutByProfile, cutParsed, type CutDocument } from '../src/cut.ts';
import { DSIG_NAMESPACE, XADES_NAMESPACE } from '../src/profile.ts';

let authority: TestAuthority;
let comune: Identity;

beforeAll(async () => {
  authority = await TestAuthority.create();
  comune = await authority.issue('c_d150');
});

function cutOf({ content, values, parsed }: CutDocument): unknown {
  parsed.dispose();
  return { content: content.toString(), values };
}

describe('the two ways to take a document apart', () => {
  it('give the same for a document of ours', async () => {
    const event = await signEvent(anEvent(), comune.signer, NOW);
    const quick = cutByProfile(event);
    expect(quick).toBeDefined();
    expect(cutOf(quick!)).toEqual(cutOf(cutParsed(event)));
  });

  it.each([
    ['text that quotes a namespace', `<a xmlns="urn:x">${DSIG_NAMESPACE}</a>`],
    [
      'another prefix for the XAdES namespace',
      `<a xmlns="urn:x"><x:b xmlns:x="${XADES_NAMESPACE}"></x:b></a>`,
    ],
    ['text that looks like a reserved id', '<a xmlns="urn:x">="signature"</a>'],
    ['an id that begins like a reserved one', '<a xmlns="urn:x" Id="signature-of-mine"></a>'],
  ])('leave %s to the slow one, which lets it pass', async (_, text) => {
    const signed = await signXml(Buffer.from(text), comune.signer, NOW);
    expect(cutByProfile(signed)).toBeUndefined();
    expect(verifySigned(signed, authority.trust, NOW, { maxBytes: 10_000 }).bytes).toBe(signed);
  });

  it('let pass a document that binds our prefixes to something else', async () => {
    const text = '<ds:a xmlns:ds="urn:x"><xades:b xmlns:xades="urn:y"></xades:b></ds:a>';
    const signed = await signXml(Buffer.from(text), comune.signer, NOW);
    const quick = cutByProfile(signed);
    expect(quick).toBeDefined();
    expect(cutOf(quick!)).toEqual(cutOf(cutParsed(signed)));
  });

  it.each([
    [
      'the root binds ds as the signature does',
      '<ds:a xmlns:ds="http://www.w3.org/2000/09/xmldsig#"></ds:a>',
    ],
    ['a reserved id is used', '<a xmlns="urn:x" Id="signature"></a>'],
  ])('refuse a document where %s', async (_, text) => {
    const signed = await signXml(Buffer.from('<a xmlns="urn:x"></a>'), comune.signer, NOW);
    const [, start = '', end = ''] = /^(.*)(<\/.*)$/s.exec(text) ?? [];
    const signature = /<ds:Signature .*<\/ds:Signature>/s.exec(signed.toString())?.[0] ?? '';
    const forged = Buffer.from(start + signature + end);
    expect(cutByProfile(forged)).toBeUndefined();
    expect(() => cutParsed(forged)).toThrow(expect.objectContaining({ name: 'HubError' }));
  });

  it('agree that content must be canonical', async () => {
    const event = await signEvent(anEvent(), comune.signer, NOW);
    const loose = replaced(event, '></Territory>', '/>');
    const notCanonical = expect.objectContaining({ code: 'NOT_CANONICAL' }) as Error;
    expect(() => cutByProfile(loose)).toThrow(notCanonical);
    expect(() => cutParsed(loose)).toThrow(notCanonical);
  });
});
