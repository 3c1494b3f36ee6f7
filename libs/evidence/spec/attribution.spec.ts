import { beforeAll, describe, expect, it } from 'vitest';
import { serializeEvent } from '#contracts';
import { attributedTo, signEvent, signReceipts, signXml, type TrustView } from '../src/index.ts';
import { anEvent, NOW, replaced, TestAuthority, type Identity } from '../test-support.ts';
import { receiptAt } from './item-samples.ts';

let authority: TestAuthority;
let trust: TrustView;
let comune: Identity;

beforeAll(async () => {
  authority = await TestAuthority.create();
  ({ trust } = authority);
  comune = await authority.issue('c_d150');
});

describe('bytes are attributed to the holder of the key that signed them', () => {
  it('also when key, schema or role speak against them', async () => {
    const revoked = await authority.issue('c_d150');
    authority.list(revoked, { revokedFrom: '2000-01-01T00:00:00.000Z' });
    const newer = replaced(serializeEvent(anEvent()), 'istat="019036"', 'colour="blue" istat="019036"');
    const router = await authority.issue('router-1', { role: 'router' });
    const documents = [
      [await signEvent(anEvent(), comune.signer, NOW), 'c_d150'],
      [await signEvent(anEvent(), revoked.signer, NOW), 'c_d150'],
      [await signXml(newer, comune.signer, NOW), 'c_d150'],
      [await signEvent(anEvent(), router.signer, NOW), 'router-1'],
      [await signEvent(anEvent(), comune.signer, new Date('2199-01-01T00:00:00.000Z')), 'c_d150'],
    ] as const;
    for (const [bytes, holder] of documents) expect(attributedTo(bytes, trust)).toBe(holder);
  });

  it('also when the registry does not list the certificate yet, but a CA of the network issued it', async () => {
    const early = await authority.issue('p_cr');
    const unlisting: TrustView = { anchors: trust.anchors, certificate: () => undefined };
    expect(attributedTo(await signEvent(anEvent('p_cr'), early.signer, NOW), unlisting)).toBe('p_cr');
  });

  it('also when they are an item of a batch', async () => {
    const { items } = await signReceipts([receiptAt(1), receiptAt(2)], comune.signer, NOW);
    for (const item of items) expect(attributedTo(item, trust)).toBe('c_d150');
  });

  it('and to nobody when they were altered, are not signed, or a stranger signed them', async () => {
    const signed = await signEvent(anEvent(), comune.signer, NOW);
    const stranger = await (await TestAuthority.create()).issue('c_d150');
    const [first, second] = (await signReceipts([receiptAt(1), receiptAt(2)], comune.signer, NOW)).items;
    const swapped = Buffer.from(
      first!.toString().replace(/<Item>[^<]*<\/Item>/, /<Item>[^<]*<\/Item>/.exec(second!.toString())![0]),
    );
    const nobodys = [
      Buffer.alloc(0),
      Buffer.from('<Event/>'),
      serializeEvent(anEvent()),
      replaced(signed, 'UF-SUAP', 'UF-XXXX'),
      await signEvent(anEvent(), stranger.signer, NOW),
      swapped,
    ];
    for (const bytes of nobodys) expect(attributedTo(bytes, trust)).toBeNull();
  });
});
