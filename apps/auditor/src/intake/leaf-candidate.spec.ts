import { describe, expect, it } from 'vitest';
import { parseIpaCode } from '#contracts';
import { verifyAction, verifyDecision, verifyEvent, verifyReceipt } from '#evidence';
import { readLogEntry } from '#tlog';
import { aDecision, anAction, anEvent, aReceipt, SampleNetwork } from '../signed-samples.fixture.ts';
import { actionLeaf, decisionLeaf, eventLeaf, receiptLeaf } from './leaf-candidate.ts';

const network = await SampleNetwork.create();
const signed = await network.event(anEvent());
const now = new Date();

const json = (bytes: Buffer) => JSON.parse(bytes.toString('utf8')) as Record<string, unknown>;

describe('a leaf', () => {
  it('of an event has no position and names the bytes as they travelled', () => {
    const { entry, sha256, bytes } = eventLeaf(verifyEvent(signed.bytes, network, now));
    const { event, digest } = signed;
    expect(sha256).toBe(digest);
    expect(bytes).toBe(signed.bytes);
    expect(json(entry)).toEqual({
      version: 1,
      kind: 'event',
      author: 'c_d150',
      eventId: event.id,
      practice: { owner: 'c_d150', uuid: event.practice.uuid },
      position: null,
      type: 'event.voided',
      time: event.time,
      sha256: digest,
    });
  });

  it('of a decision has the position, the rules and everyone concerned', async () => {
    const item = await network.decision(aDecision(signed, { position: 7 }));
    const leaf = decisionLeaf(verifyDecision(item, network, now));
    expect(leaf.decided).toBe(signed.digest);
    expect(json(leaf.entry)).toMatchObject({
      kind: 'decision',
      eventId: signed.event.id,
      position: 7,
      type: 'event.voided',
      by: 'router-1',
      rules: [{ rule: 'province', matched: true }],
      recipients: [
        { ipa: 'c_d150', part: 'owner', rule: 'owner', joined: true },
        { ipa: 'p_cr', part: 'informed', rule: 'province', joined: true },
      ],
    });
  });

  it('is refused by its code where a decision names more bodies than an entry has room for, and not cut short', async () => {
    const [owner, other] = aDecision(signed).participants;
    const naming = async (count: number) => {
      const others = Array.from({ length: count }, (_, n) => ({
        ...other!,
        ipa: parseIpaCode(`c_${String(n).padStart(14, '0')}`),
      }));
      const item = await network.decision(aDecision(signed, { participants: [owner!, ...others] }));
      return verifyDecision(item, network, now);
    };
    expect(json(decisionLeaf(await naming(700)).entry)['recipients']).toHaveLength(701);
    const tooMany = await naming(999);
    expect(() => decisionLeaf(tooMany)).toThrow(
      expect.objectContaining({ code: 'LOG_ENTRY_TOO_LARGE' }) as Error,
    );
  });

  it('of a receipt says who speaks and what kind it is', async () => {
    const item = await network.receipt(aReceipt(signed, { kind: 'documents-complete' }));
    const leaf = receiptLeaf(verifyReceipt(item, network, now));
    expect([leaf.speaker, leaf.receiptKind]).toEqual(['p_cr', 'documents-complete']);
    expect(json(leaf.entry)).toMatchObject({ kind: 'receipt', by: 'p_cr', type: 'documents-complete' });
  });

  it('of the accesses of a minute says how many there are, from when to when, and their root', async () => {
    const root = Buffer.alloc(32, 7).toString('base64');
    const [from, to] = ['2026-03-04T09:00:00.000Z', '2026-03-04T09:00:59.999Z'];
    const details = [
      { name: 'from', value: from },
      { name: 'to', value: to },
    ];
    const anchor = anAction('c_d150', { kind: 'access.anchored', set: { size: 3, root }, details });
    const leaf = actionLeaf(verifyAction(await network.action(anchor, 'c_d150'), network, now));
    expect(leaf.kind).toBe('access');
    expect(readLogEntry(leaf.entry)).toMatchObject({
      kind: 'access',
      author: 'c_d150',
      eventId: anchor.id,
      type: 'access.anchored',
      ...{ practice: null, position: null, size: 3, root, from, to },
    });
    const vague = { ...anchor, details: [] };
    expect(actionLeaf(verifyAction(await network.action(vague, 'c_d150'), network, now)).kind).toBe('action');
  });
});
