import { afterAll, describe, expect, it } from 'vitest';
import { parseIpaCode, receiptHeaders, topics, type Receipt } from '#contracts';
import { signReceipts } from '#evidence';
import type { IncomingRecord } from '#messaging';
import { aNetwork, anEvent, bufferHeaders, freshDatabase, outboxRecord, type SignedEvent } from '#testing';
import { TestRouter } from '../../test/test-router.ts';

const network = await aNetwork().founded();
const router = await TestRouter.open(await freshDatabase(), network);
afterAll(() => router.close());

let offset = 0;

async function receiptRecord(
  by: string,
  { event, digest }: SignedEvent,
  signer = by,
  other: Partial<Receipt> = {},
): Promise<IncomingRecord> {
  const at = network.clock.now();
  const receipt: Receipt = {
    version: '1.0',
    kind: 'received',
    by: parseIpaCode(by),
    time: at.toISOString(),
    event: { author: event.author.ipa, id: event.id, digest },
    practice: event.practice,
    position: 1,
    code: null,
    registration: null,
    cancellation: null,
    ...other,
  };
  const { items } = await signReceipts([receipt], network.signerOf(signer), at);
  return {
    topic: topics.receipts,
    partition: 0,
    offset: String((offset += 1)),
    key: null,
    value: items[0] ?? Buffer.alloc(0),
    headers: { ...bufferHeaders(receiptHeaders(receipt)), 'x\u0000': Buffer.from('odd') },
    timestamp: at,
  };
}

describe('receipts', () => {
  it('go to the author of the event, the same bytes', async () => {
    const filing = await anEvent(network).signed();
    await router.deliver(outboxRecord(filing));
    const record = await receiptRecord('p_cr', filing);
    expect(await router.receipts(record)).toEqual(['done']);
    const sent = (await router.outbox()).at(-1);
    expect(sent).toMatchObject({
      topics: [topics.inbox(filing.event.author.ipa)],
      headers: { hub_class: 'receipt', ce_type: 'receipt.received' },
    });
    expect(sent?.value).toEqual(record.value);
  });

  it('of an author that cancelled its registration go to those who were sent the event, and only such', async () => {
    const filing = await anEvent(network).signed();
    await router.deliver(outboxRecord(filing));
    const cancelled = await receiptRecord('c_d150', filing, 'c_d150', {
      kind: 'registration-cancelled',
      registration: { aoo: 'c_d150', register: 'PG', number: '0000001', date: '2026-03-04' },
      cancellation: { reason: 'registered-twice', act: 'DET/2026/1' },
    });
    expect(await router.receipts(cancelled)).toEqual(['done']);
    const sent = (await router.outbox()).at(-1);
    expect(sent?.topics).toContain('practice.inbox.p_cr');
    expect(sent?.topics).not.toContain('practice.inbox.c_d150');
    expect(sent?.value).toEqual(cancelled.value);
    expect(await router.receipts(await receiptRecord('c_d150', filing))).toEqual(['done']);
    expect((await router.outbox()).at(-1)?.topics).toEqual(['practice.inbox.c_d150']);
  });

  it('are parked alone when they are not a participant’s, not signed by who speaks, or of no routed event', async () => {
    const filing = await anEvent(network).signed();
    await router.deliver(outboxRecord(filing));
    const unrouted = await anEvent(network).signed();
    const records = [
      await receiptRecord('p_cr', filing),
      await receiptRecord('c_b898', filing),
      await receiptRecord('p_cr', filing, 'c_d142'),
      await receiptRecord('p_cr', unrouted),
      await receiptRecord('p_cr', filing, 'p_cr', { practice: unrouted.event.practice }),
      { ...(await receiptRecord('p_cr', filing)), value: Buffer.from('<SignedItem/>') },
      await receiptRecord('p_cr', filing, 'p_cr', { kind: 'documents-complete' }),
    ];
    const outcomes = await router.receipts(...records);
    expect(outcomes).toEqual([
      'done',
      'NOT_A_PARTICIPANT',
      'CERTIFICATE_NOT_OF_AUTHOR',
      'RECEIPT_OF_UNKNOWN_EVENT',
      'RECEIPT_OF_UNKNOWN_EVENT',
      expect.stringMatching(/XSD_INVALID|MALFORMED|XML/),
      'done',
    ]);
    const parked = (await router.outbox()).filter(({ headers }) => headers['hub_class'] === 'parked');
    expect(parked.every((notice) => notice.topics.join() === topics.quarantine)).toBe(true);
    expect(parked).toHaveLength(5);
  });

  it('are judged as receipts when they are released', async () => {
    const filing = await anEvent(network).signed();
    await router.receipts(await receiptRecord('p_cr', filing));
    const entry = await router.lastParked();
    expect(entry.code).toBe('RECEIPT_OF_UNKNOWN_EVENT');
    await router.deliver(outboxRecord(filing));
    expect(await router.release(entry.id)).toMatchObject({ status: 'released' });
    const [sent, recorded] = (await router.outbox()).slice(-2).map(({ headers }) => headers['hub_class']);
    expect([sent, recorded]).toEqual(['receipt', 'action']);
  });
});
