import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, inject, it } from 'vitest';
import { readCertificatePem } from '#evidence';
import { aNetwork, aPractice, freshDatabase, outboxRecord } from '#testing';
import { TestRouter } from '../../test/test-router.ts';
import { GiveEvents } from './give-events.ts';

const { pki } = inject('kafka');
const network = await aNetwork().withPki(pki).founded();
const router = await TestRouter.open(await freshDatabase(), network);
afterAll(() => router.close());
const give = new GiveEvents({ work: router.work, registry: network.registry, clock: network.clock });

/** A holder's transport certificate, listed in the registry. */
async function transportOf(name: string): Promise<X509Certificate> {
  const pem = readFileSync(pki.holders[name]?.transport.certFile ?? '', 'utf8');
  const { subject, fingerprint, x509, notBefore, notAfter } = readCertificatePem(pem);
  if (subject === undefined) throw new Error(`the certificate of ${name} has no subject`);
  const dates = { notBefore: notBefore.toISOString(), notAfter: notAfter.toISOString() };
  const certificate = { ...subject, ...dates, fingerprint, der: x509.raw.toString('base64') };
  await network.publish({ kind: 'certificate.published', certificate });
  return x509;
}

const province = await transportOf('p_cr');

describe('what a router gives of a practice', () => {
  it('is what it has placed, as it sent it, to the node of a participant and to nobody else', async () => {
    const practice = aPractice(network);
    const filing = await practice.filedBy('c_d150').signed();
    const act = await practice.actBy('p_cr').signed();
    await router.deliver(outboxRecord(filing), outboxRecord(act));
    const page = await give.run(province, practice.ref, { from: 1, to: 10 });
    const placed = await router.placed(practice.ref);
    expect(page).toMatchObject({ head: 2, more: false });
    expect(page.events.map(({ event, decision }) => ({ bytes: event, decision }))).toEqual(
      placed.map(({ bytes, decision }) => ({ bytes, decision })),
    );
    await expect(
      give.run(await transportOf('c_d142'), practice.ref, { from: 1, to: 1 }),
    ).rejects.toMatchObject({
      code: 'NOT_A_PARTICIPANT',
    });
    await expect(
      give.run(await transportOf('auditor'), practice.ref, { from: 1, to: 1 }),
    ).rejects.toMatchObject({
      code: 'PEER_NOT_RECOGNISED',
    });
    await expect(give.run(province, aPractice(network).ref, { from: 1, to: 1 })).rejects.toMatchObject({
      code: 'PRACTICE_NOT_FOUND',
    });
  });

  it('comes in pages when it is much', async () => {
    const practice = aPractice(network);
    await router.deliver(outboxRecord(await practice.filedBy('c_d150').signed()));
    const acts = [];
    for (let act = 0; act < 70; act += 1)
      acts.push(outboxRecord(await practice.actBy('c_d150', 'correction.requested').signed()));
    await router.deliver(...acts);
    const first = await give.run(province, practice.ref, { from: 1, to: 71 });
    expect([first.events.length, first.more]).toEqual([64, true]);
    const rest = await give.run(province, practice.ref, { from: 65, to: 71 });
    expect([rest.events.map(({ position }) => position), rest.more]).toEqual([
      [65, 66, 67, 68, 69, 70, 71],
      false,
    ]);
  });
});
