import { readFile } from 'node:fs/promises';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { verifyEvent } from '#evidence';
import { openPkcs11Signer, parsePkcs11Uri, type HeldSigner } from '#hsm';
import { NO_SOFT_HSM, SoftHsm, TEST_NOW, TestClock } from '#testing';
import { holderFiles, realNetwork, TestNode } from '../authority.fixture.ts';
import { takeOutbox } from '../exchange.fixture.ts';
import { TestInbox } from '../inbox.fixture.ts';

const hsm = await SoftHsm.create();
const clock = new TestClock(TEST_NOW);
const network = await realNetwork();
const inboxes = NO_SOFT_HSM === null ? await nodesWithTokens() : undefined;

afterAll(async () => {
  await hsm.remove();
});

beforeEach(({ skip }) => {
  skip(NO_SOFT_HSM !== null, NO_SOFT_HSM ?? '');
});

/** Cremona, which files, and the Province, which receives: each with its key in a token. */
async function nodesWithTokens() {
  await hsm.addToken('Hub');
  const start = async (ipa: string, id: string): Promise<TestInbox> =>
    TestInbox.of(await TestNode.start(network, ipa, { signer: await signerOf(ipa, id) }));
  return { cremona: await start('c_d150', '01'), province: await start('p_cr', '02') };
}

async function signerOf(ipa: string, id: string): Promise<HeldSigner> {
  const { signing } = holderFiles(ipa);
  await hsm.importKey(await readFile(signing.keyFile, 'utf8'), 'Hub', ipa, id);
  const signer = await openPkcs11Signer({
    certificatePem: await readFile(signing.certFile, 'utf8'),
    key: parsePkcs11Uri(hsm.uri(`token=Hub;object=${ipa}`)),
    clock,
    logger: { info: () => undefined, warn: () => undefined },
  });
  afterAll(() => signer.close());
  return signer;
}

/** What a refused filing must leave as it was. */
async function standing(node: TestNode) {
  const [counts] = await node.rows<Record<string, string>>(
    `select (select count(*) from practice) as practices, (select count(*) from event) as events,
            (select count(*) from document) as documents, (select count(*) from outbox) as outbox,
            (select count(*) from seen) as seen, (select count(*) from quarantine) as quarantine,
            (select coalesce(max(last), 0) from cui_counter) as last`,
  );
  return { ...counts, files: (await node.stored()).length };
}

describe('while the token with the signing key is away', () => {
  it('a filing is answered 503 with the time to wait, leaves nothing behind, and is taken with the same key later', async () => {
    const { node, partner } = inboxes!.cremona;
    await partner.filed();
    const before = await standing(node);
    await hsm.unplug();
    const refused = await partner.file({ key: 'one-filing' });
    expect([refused.status, refused.json?.['code'], refused.headers.get('retry-after')]).toEqual([
      503,
      'SIGNING_KEY_UNAVAILABLE',
      '5',
    ]);
    expect(await standing(node)).toEqual(before);
    await hsm.plug();
    clock.advance(1_000);
    const { practiceId, eventId } = await partner.filed({ key: 'one-filing' });
    const { bytes } = await partner.call(`/v1/practices/${practiceId}/events/${eventId}`);
    expect(verifyEvent(bytes, network.registry, new Date()).event.author.ipa).toBe('c_d150');
  });

  it('what comes in is refused whole, to be delivered again: nothing is parked, nothing is taken without its receipt', async () => {
    const { node } = inboxes!.province;
    const { records } = await inboxes!.province.practice(1);
    const before = await standing(node);
    await hsm.unplug();
    await expect(inboxes!.province.receive(...records)).rejects.toMatchObject({
      code: 'SIGNING_KEY_UNAVAILABLE',
      policy: { disposition: 'retry' },
    });
    expect(await standing(node)).toEqual(before);
    await hsm.plug();
    clock.advance(1_000);
    const outcomes = await inboxes!.province.receive(...records);
    expect(outcomes.map(({ kind }) => kind)).toEqual(['done', 'done']);
    expect(await takeOutbox(node)).toHaveLength(2);
  });
});
