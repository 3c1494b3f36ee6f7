import { describe, expect, it } from 'vitest';
import { realNetwork, TestNode } from '../authority.fixture.ts';
import { exampleForm, Partner } from '../partner.fixture.ts';
import { AnswerOnce, forgetOldAnswers, KEPT_DAYS } from '#access';

const network = await realNetwork();
const node = await TestNode.start(network, 'c_d150');
const partner = await Partner.of(node);
const PDF = Buffer.from('%PDF-1.7 an attachment');

async function standing(): Promise<
  Record<'practices' | 'events' | 'outbox' | 'documents' | 'files', number>
> {
  const [counts] = await node.rows<Record<'practices' | 'events' | 'outbox' | 'documents', number>>(
    `select (select count(*) from practice)::int as practices, (select count(*) from event)::int as events,
            (select count(*) from outbox)::int as outbox, (select count(*) from document)::int as documents`,
  );
  if (counts === undefined) throw new Error('no counts');
  return { ...counts, files: (await node.stored()).length };
}

describe('Idempotency-Key', () => {
  it('gives the same key and content the same answer, byte by byte, and no second practice', async () => {
    const filing = { key: 'again', attachments: [{ name: 'a.pdf', bytes: PDF }] };
    const first = await partner.file(filing);
    const after = await standing();
    const second = await partner.file({ ...filing, attachments: [{ name: 'renamed.pdf', bytes: PDF }] });
    expect(second.status).toBe(201);
    expect(second.bytes.toString()).toBe(first.bytes.toString());
    expect(second.headers.get('location')).toBe(first.headers.get('location'));
    expect(await standing()).toEqual(after);
  });

  it.each([
    ['another form', { form: Buffer.from(exampleForm().toString().replace('84.50', '85.50')) }],
    ['one attachment more', { attachments: [{ name: 'a.pdf', bytes: PDF }] }],
    ['another field', { fields: { territory: '019035' } }],
  ])('is refused with 409 for %s, and nothing stays', async (what, other) => {
    const key = `other ${what}`.replaceAll(' ', '-');
    await partner.filed({ key });
    const before = await standing();
    expect((await partner.file({ key, ...other })).json).toMatchObject({
      status: 409,
      code: 'IDEMPOTENCY_KEY_REUSED',
    });
    expect(await standing()).toEqual(before);
  });

  it('tells the same attachments in another order apart', async () => {
    const [one, two] = [
      { name: 'one.pdf', bytes: PDF },
      { name: 'two.pdf', bytes: Buffer.from('another') },
    ];
    await partner.filed({ key: 'order', attachments: [one, two] });
    expect((await partner.file({ key: 'order', attachments: [two, one] })).status).toBe(409);
  });

  it('makes requests at the same moment one practice: all get the first one’s answer', async () => {
    const before = await standing();
    const answers = await Promise.all(Array.from({ length: 8 }, () => partner.file({ key: 'at-once' })));
    expect(new Set(answers.map(({ status, bytes }) => `${status} ${bytes.toString()}`)).size).toBe(1);
    const after = await standing();
    expect(after).toEqual({
      practices: before.practices + 1,
      events: before.events + 1,
      outbox: before.outbox + 1,
      // The form and its segnatura.
      documents: before.documents + 2,
      files: before.files + 2,
    });
  });

  it('is each token’s own', async () => {
    const other = await Partner.of(node, 'file');
    const [mine, theirs] = [await partner.filed({ key: 'mine' }), await other.filed({ key: 'mine' })];
    expect(theirs.practiceId).not.toBe(mine.practiceId);
  });

  it('remembers nothing of work that failed: the next try does it', async () => {
    const attempt = { tokenId: '01990000-0000-4000-8000-000000000001', key: 'crash', contentDigest: 'x' };
    const answers = new AnswerOnce(node.parts.work, node.parts.clock);
    const crash = answers.run(attempt, async (tx) => {
      await tx.query(`insert into cui_counter (year, last) values (1999, 1)`);
      throw new Error('crashed');
    });
    await expect(crash).rejects.toThrow('crashed');
    expect(await node.rows(`select * from cui_counter where year = 1999`)).toEqual([]);
    const work = () => answers.run(attempt, () => Promise.resolve({ done: true }));
    expect(await work()).toEqual({ answer: { done: true }, repeated: false });
    expect(await work()).toEqual({ answer: { done: true }, repeated: true });
  });

  it('is forgotten after 30 days, not before', async () => {
    const now = new Date();
    const later = new Date(now.getTime() + (KEPT_DAYS + 1) * 86_400_000);
    const first = await partner.filed({ key: 'old' });
    await node.parts.work.run((tx) => forgetOldAnswers(tx, now));
    expect((await partner.filed({ key: 'old' })).practiceId).toBe(first.practiceId);
    await node.parts.work.run((tx) => forgetOldAnswers(tx, later));
    expect((await partner.filed({ key: 'old' })).practiceId).not.toBe(first.practiceId);
  });
});
