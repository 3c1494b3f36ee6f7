import { afterAll, describe, expect, it } from 'vitest';
import { parseSha256 } from '#contracts';
import { aNetwork, anEvent, aPractice, freshDatabase, outboxRecord, TEST_NOW, TestClock } from '#testing';
import { TestRouter } from '../../test/test-router.ts';
import { ListCovered } from './list-covered.ts';

const HOUR = 3_600_000;
const clock = new TestClock(TEST_NOW);
const network = await aNetwork().at(clock).founded();
const router = await TestRouter.open(await freshDatabase(), network);
afterAll(() => router.close());
const covered = new ListCovered(router.work, network.registry);
const { fingerprint } = network.signerOf('c_d150').certificate;
const all = { from: undefined, after: undefined, limit: 100 };

describe('what a retroactive revocation covers', () => {
  it('is each event signed with that key and decided at or after the date, and undoes none of them', async () => {
    const file = async (ipa = 'c_d150') => {
      const signed = await anEvent(network, ipa).signed();
      expect(await router.deliver(outboxRecord(signed))).toEqual(['done']);
      return signed.event;
    };
    await file();
    clock.advance(HOUR);
    const revokedFrom = clock.now().toISOString();
    const atTheMoment = await file();
    await file('c_d142');
    clock.advance(HOUR);
    const practice = aPractice(network);
    const held = await practice.filedBy('c_d150').signed();
    const act = await practice.actBy('c_d150', 'correction.requested').signed();
    // What waited behind a gap is covered as well: who signed it is kept while it waits.
    expect(await router.deliver(outboxRecord(act))).toEqual(['hold']);
    expect(await router.deliver(outboxRecord(held))).toEqual(['done']);
    await expect(covered.run({ fingerprint, ...all })).rejects.toMatchObject({
      code: 'CERTIFICATE_NOT_REVOKED',
    });
    const wouldCover = await covered.run({ fingerprint, ...all, from: revokedFrom });
    await network.revoke('c_d150', new Date(revokedFrom));
    const page = await covered.run({ fingerprint, ...all });
    expect(page).toMatchObject({
      holder: 'c_d150',
      role: 'authority',
      revokedFrom,
      reason: 'key-compromise',
    });
    expect(page.events.map(({ eventId }) => eventId)).toEqual([atTheMoment.id, held.event.id, act.event.id]);
    expect(wouldCover.events).toEqual(page.events);
    expect(page.events[1]).toMatchObject({
      author: 'c_d150',
      type: 'practice.filed',
      practiceId: practice.ref.uuid,
      cui: practice.ref.cui,
      position: 1,
      digest: held.digest,
    });
    expect((await router.placed(practice.ref)).map(({ id }) => id)).toEqual([held.event.id, act.event.id]);
    const late = await anEvent(network).signed();
    expect(await router.deliver(outboxRecord(late))).toEqual(['KEY_REVOKED_BEFORE_ARRIVAL']);
  });

  it('comes by pages, without a gap or a repetition', async () => {
    const found: string[] = [];
    let after: string | undefined;
    do {
      const page = await covered.run({ fingerprint, ...all, after, limit: 1 });
      found.push(...page.events.map(({ eventId }) => eventId));
      after = page.next ?? undefined;
    } while (after !== undefined);
    expect(found).toEqual((await covered.run({ fingerprint, ...all })).events.map(({ eventId }) => eventId));
    await expect(covered.run({ fingerprint, ...all, after: 'x' })).rejects.toMatchObject({
      code: 'CURSOR_INVALID',
    });
  });

  it('is not told of a certificate that the registry does not list', async () => {
    const unknown = parseSha256('ab'.repeat(32));
    await expect(covered.run({ fingerprint: unknown, ...all })).rejects.toMatchObject({
      code: 'CERTIFICATE_NOT_LISTED',
    });
  });
});
