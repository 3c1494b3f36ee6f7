import { afterAll, expect, it } from 'vitest';
import { practiceKey } from '#contracts';
import { verifyEvent } from '#evidence';
import { aNetwork, aPractice, freshDatabase, outboxRecord, type SignedEvent } from '#testing';
import { TestRouter } from '../../test/test-router.ts';
import type { Arrival } from '../routing/practice-ledger.ts';
import { loadLedgers } from './ledger-store.ts';

const network = await aNetwork().founded();
const router = await TestRouter.open(await freshDatabase(), network);
afterAll(() => router.close());

const practice = aPractice(network);
await router.deliver(outboxRecord(await practice.filedBy('c_d150').signed()));
const missing = await practice.actBy('p_cr', 'integration.requested').signed();
const waiting: SignedEvent[] = [];
for (let n = 0; n < 6; n += 1) waiting.push(await practice.actBy('p_cr').signed());
await router.deliver(...waiting.map((signed) => outboxRecord(signed)));

function arrivalOf({ bytes }: SignedEvent): Arrival {
  const { signer, ...verified } = verifyEvent(bytes, network.registry, network.clock.now());
  return { ...verified, signer: signer.fingerprint, origin: { topic: '', partition: 0, offset: '0' } };
}

/** Numbers of what is loaded of what waits, when this event arrives. */
async function loadedFor(signed: SignedEvent): Promise<number[]> {
  const ledgers = await router.work.run((tx) => loadLedgers(tx, [arrivalOf(signed)]));
  const ledger = ledgers.get(practiceKey(practice.ref));
  return [...(ledger?.waiting.values() ?? [])]
    .map(({ event }) => event.sequence.number)
    .sort((a, b) => a - b);
}

const [first] = waiting;
if (first === undefined) throw new Error('nothing waits');

it('loads nothing of what waits for an event that comes behind the gap too, or by another author', async () => {
  expect(await loadedFor(await practice.actBy('p_cr').numbered(9, first.digest).signed())).toEqual([]);
  expect(await loadedFor(await practice.actBy('c_d150', 'correction.requested').signed())).toEqual([]);
});

it('loads the event whose number comes again, so that a fork is seen, and the one that is replaced', async () => {
  const fork = await practice.actBy('p_cr').numbered(4, first.digest).signed();
  expect(await loadedFor(fork)).toEqual([4]);
  const replacement = await practice.actBy('p_cr').replacing(first).numbered(9, first.digest).signed();
  expect(await loadedFor(replacement)).toEqual([2]);
});

it('loads everything that waits behind the number that was missing, whether it comes or is closed', async () => {
  expect(await loadedFor(missing)).toEqual([2, 3, 4, 5, 6, 7]);
  expect(await loadedFor(await practice.voidedBy('p_cr', missing).signed())).toEqual([2, 3, 4, 5, 6, 7]);
  expect(await loadedFor(await practice.voidedBy('p_cr', first).signed())).toEqual([]);
});
