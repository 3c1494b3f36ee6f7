import { describe, expect, it } from 'vitest';
import { HUB_HEADERS, parseIpaCode } from '#contracts';
import { done, hold, park, retry, type IncomingRecord } from '#messaging';
import { aDecision, aPractice, bufferHeaders, inboxRecord, over } from '#testing';
import { realNetwork, TestNode } from '../authority.fixture.ts';
import { receiptsIn, takeOutbox } from '../exchange.fixture.ts';
import { TestInbox } from '../inbox.fixture.ts';

const network = await realNetwork();
const province = await TestNode.start(network, 'p_cr');
const inbox = await TestInbox.of(province);
const { partner } = inbox;
const IPA = 'p_cr';

describe('what does not pass', () => {
  type Spoil = (good: Awaited<ReturnType<typeof inbox.practice>>) => Promise<IncomingRecord> | IncomingRecord;
  const without = (record: IncomingRecord, name: string): IncomingRecord => ({
    ...record,
    headers: Object.fromEntries(Object.entries(record.headers).filter(([header]) => header !== name)),
  });
  const decidedOtherwise: Spoil = async ({ practice, participants }) => {
    const one = await aDecision(await practice.actBy('c_d150', 'integration.requested').signed(), 2, {
      participants,
    });
    const two = await aDecision(await practice.actBy('c_d150', 'integration.provided').signed(), 3, {
      participants,
    });
    return inboxRecord({ ...one, item: two.item }, IPA);
  };
  const decidedBy =
    (signer: string): Spoil =>
    async ({ practice, participants }) =>
      inboxRecord(
        await aDecision(await practice.actBy('c_d150', 'integration.requested').signed(), 2, {
          participants,
          signer,
        }),
        IPA,
      );
  const notForUs: Spoil = async ({ practice, participants }) =>
    inboxRecord(
      await aDecision(await practice.actBy('c_d150', 'integration.requested').signed(), 2, {
        participants: participants.filter(({ ipa }) => ipa !== parseIpaCode(IPA)),
      }),
      IPA,
    );

  it.each<[string, Spoil, string]>([
    [
      'an event without its decision',
      ({ first }) => without(first, HUB_HEADERS.decision),
      'DECISION_MISSING',
    ],
    ['a decision about another event', decidedOtherwise, 'DECISION_MISMATCH'],
    ['a decision that does not name this node', notForUs, 'NOT_ADDRESSED'],
    ['a decision by a member instead of a router', decidedBy('c_d142'), 'CERTIFICATE_ROLE_WRONG'],
    [
      'a tampered event',
      ({ first }) => ({
        ...first,
        value: Buffer.from(first.value.toString().replace('019036', '019035')),
      }),
      'REFERENCE_DIGEST_MISMATCH',
    ],
    [
      'headers that disagree with the body',
      ({ first }) => ({
        ...first,
        headers: { ...first.headers, ce_type: Buffer.from('other') },
      }),
      'HEADER_BODY_MISMATCH',
    ],
    [
      'a record of an unknown class',
      ({ first }) => ({ ...first, headers: bufferHeaders({ hub_class: 'rumour' }) }),
      'RECORD_CLASS_UNKNOWN',
    ],
    [
      'an event larger than allowed',
      ({ first }) => ({ ...first, value: Buffer.alloc(524_289, 'x') }),
      'SIGNED_DOCUMENT_TOO_LARGE',
    ],
  ])('%s is parked with its code; the rest of the batch goes on', async (_, spoil, code) => {
    const good = await inbox.practice(0);
    const before = (await inbox.parked()).length;
    const bad = { ...(await spoil(good)), offset: `bad ${code}` };
    const next = await inbox.practice(0);
    const behind =
      code === 'NOT_ADDRESSED' || code === 'DECISION_MISMATCH' || code === 'CERTIFICATE_ROLE_WRONG';
    if (behind) await inbox.receive(good.first);
    expect(await inbox.receive(bad, next.first)).toEqual([park(code as 'NOT_ADDRESSED'), done()]);
    expect(await inbox.receive(bad)).toEqual([park(code as 'NOT_ADDRESSED')]);
    const now = await inbox.parked();
    expect(now).toHaveLength(before + 1);
    expect(now.at(-1)).toMatchObject({ code, status: 'parked', origin: { offset: `bad ${code}` } });
    expect(await inbox.timeline(next.practice)).toEqual(['1 accepted']);
    const entry = await partner.get<Record<string, unknown>>(`/v1/quarantine/${now.at(-1)?.id ?? ''}`);
    expect(entry).toMatchObject({ code, bytes: bad.value.toString('base64') });
    expect(entry['sentence']).toHaveProperty('it');
    expect(entry['remedy']).toHaveProperty('en');
  });

  it('because its author signed another event with this id keeps both: the first in its place, the second parked', async () => {
    const { practice, participants, records } = await inbox.practice(0);
    const honest = await practice.actBy('c_d150', 'integration.requested').signed();
    const forked = await practice
      .actBy('c_d150', 'conclusion.issued')
      .id(honest.event.id)
      .numbered(honest.event.sequence.number, honest.event.sequence.previous)
      .signed();
    await inbox.receive(...records, inboxRecord(await aDecision(honest, 2, { participants }), IPA));
    await takeOutbox(province);
    const fork = inboxRecord(await aDecision(forked, 3, { participants }), IPA);
    expect(await inbox.receive(fork)).toEqual([park('EQUIVOCATION')]);
    expect(await inbox.timeline(practice)).toEqual(['1 accepted', '2 accepted']);
    expect(receiptsIn(await takeOutbox(province))).toMatchObject([
      { kind: 'parked', code: 'EQUIVOCATION', position: 3, event: { digest: forked.digest } },
    ]);
  });

  it('because its position is another event’s is parked, told to its author once, and can be released in vain', async () => {
    const { practice, participants, records } = await inbox.practice(1);
    await inbox.receive(...records);
    await takeOutbox(province);
    const second = inboxRecord(
      await aDecision(await practice.actBy('c_d150', 'integration.provided').signed(), 2, { participants }),
      IPA,
    );
    expect(await inbox.receive(second)).toEqual([park('POSITION_TAKEN')]);
    expect(await inbox.receive(second)).toEqual([park('POSITION_TAKEN')]);
    expect(receiptsIn(await takeOutbox(province)).map(({ kind, code }) => `${kind} ${code ?? ''}`)).toEqual([
      'parked POSITION_TAKEN',
    ]);
    const entry = (await inbox.parked()).at(-1);
    const release = await partner.call(`/v1/quarantine/${entry?.id ?? ''}/release`, { method: 'POST' });
    expect(release.json).toMatchObject({ status: 'parked', code: 'POSITION_TAKEN' });
    const sent = await takeOutbox(province);
    expect(sent.map(({ topics: to }) => to)).toEqual([['practice.actions']]);
  });

  it('when two that wait claim one position: the second is parked, the first keeps its turn', async () => {
    const { practice, participants, records } = await inbox.practice(0);
    const one = await practice.actBy('c_d150', 'integration.requested').signed();
    const two = await practice.actBy('c_d150', 'integration.provided').signed();
    const [first, second] = [
      await aDecision(one, 2, { participants }),
      await aDecision(two, 2, { participants }),
    ];
    expect(await inbox.receive(inboxRecord(first, IPA), inboxRecord(second, IPA))).toEqual([
      hold('POSITION_UNEXPECTED'),
      park('POSITION_TAKEN'),
    ]);
    await inbox.receive(...records);
    expect(await inbox.timeline(practice)).toEqual(['1 accepted', '2 accepted']);
  });

  it('once its turn has come leaves the one it waited for in its place', async () => {
    const { practice, participants, records } = await inbox.practice(0);
    const act = await practice.actBy('c_d150', 'integration.requested').signed();
    const waiting = await aDecision(act, 2, { participants });
    // The decision was made under another procedure than the practice's own: only the fold can tell.
    const strange = await practice
      .actBy('c_d150', 'integration.requested')
      .with({ procedure: { code: 'pesca.licenza', version: 1 } })
      .signed();
    const wrong = await aDecision(strange, 2, { participants });
    expect(await inbox.receive(inboxRecord(wrong, IPA))).toEqual([hold('POSITION_UNEXPECTED')]);
    expect(await inbox.receive(...records)).toEqual([done()]);
    expect(await inbox.timeline(practice)).toEqual(['1 accepted']);
    expect((await inbox.parked()).at(-1)).toMatchObject({ code: 'DECISION_MISMATCH', status: 'parked' });
    expect(await inbox.receive(inboxRecord(waiting, IPA))).toEqual([done()]);
    expect(await inbox.timeline(practice)).toEqual(['1 accepted', '2 accepted']);
  });
});

describe('what cannot be judged yet', () => {
  it('comes again while the registry may be late, and is parked when it is not', async () => {
    const { records, practice } = await inbox.practice(0);
    const ahead = { ...network.registry.current(), number: network.registry.current().number + 1 };
    const registry = over(network.registry, { current: () => ahead });
    const other = over(network, { registry });
    const filing = await aPractice(other).filedBy('c_d150').signed();
    const record = inboxRecord(await aDecision(filing, 1), IPA);
    expect(await inbox.receive(record, ...records)).toEqual([retry(500), done()]);
    expect(await inbox.timeline(practice)).toEqual(['1 accepted']);
    const old = { ...record, timestamp: new Date(Date.now() - 16 * 60_000) };
    expect(await inbox.receive(old)).toEqual([park('REGISTRY_BEHIND')]);
  });
});
