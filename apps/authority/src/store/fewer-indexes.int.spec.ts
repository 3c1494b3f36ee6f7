import { describe, expect, it } from 'vitest';
import { realNetwork, TestNode } from '../authority.fixture.ts';

const node = await TestNode.start(await realNetwork(), 'c_d150');
const PRACTICE = '00000000-0000-0000-0000-000000000007';

/** 3,000 events of 1,000 practices, six documents each, of which the last practice's are not here yet. */
await node.rows(`
  insert into event (author, event_id, owner, uuid, number, type, time, bytes, digest, signed_info_digest, position, status,
                     received_at)
  select 'p_cr', lpad(n::text, 32, '0')::uuid, 'c_d150', lpad((n % 1000)::text, 32, '0')::uuid, n / 1000 + 1, 'note', now(), '',
    n::text, n::text, n / 1000 + 1, 'accepted', now()
  from generate_series(0, 2999) n`);
await node.rows(`
  insert into document (owner, uuid, document_id, author, event_id, role, media_type, size, salted_digest, status)
  select 'c_d150', e.uuid, lpad((e.digest::int * 6 + n)::text, 32, '0')::uuid, e.author, e.event_id, 'form', 'text/xml', 1, '',
    case when e.digest = '2999' then 'fetching' else 'complete' end
  from event e, generate_series(0, 5) n`);
await node.rows('analyze event, document');

async function planOf(sql: string): Promise<string> {
  const rows = await node.rows<{ 'QUERY PLAN': string }>(`explain ${sql}`);
  return rows.map((row) => row['QUERY PLAN']).join('\n');
}

const OF_PRACTICE = `from event where owner = 'c_d150' and uuid = '${PRACTICE}'`;
const OF_EVENT = `from document where author = 'p_cr' and event_id = '${PRACTICE}'`;

describe('the indexes that are left', () => {
  it.each([
    [
      'where an author stands in a practice',
      `select number, digest ${OF_PRACTICE} and author = 'p_cr' and status <> 'replaced' order by number desc limit 1`,
      'event_position',
    ],
    [
      'the events of a practice',
      `select bytes ${OF_PRACTICE} order by position nulls last, received_at`,
      'event_position',
    ],
    [
      'who has a number',
      `select event_id ${OF_PRACTICE} and author = 'p_cr' and number = 2 and status in ('accepted', 'waiting')`,
      'event_number_placed',
    ],
    ['the documents of an event', `select document_id ${OF_EVENT}`, 'document_of_event'],
    [
      'whether an event lacks one',
      `select 1 ${OF_EVENT} and status in ('fetching', 'author-away', 'refused') limit 1`,
      'document_of_event',
    ],
    [
      'the documents that are due',
      `select document_id from document where status <> 'complete' and next_attempt_at <= now() order by next_attempt_at limit 8`,
      'document_due',
    ],
  ])('tell %s without reading a table', async (_, sql, index) => {
    const plan = await planOf(sql);
    expect(plan).toContain(index);
    expect(plan).not.toContain('Seq Scan');
  });

  it('let events without a position be, and one only have a position', async () => {
    const copyOf = (position: string): string => `
      insert into event (author, event_id, owner, uuid, number, type, time, bytes, digest, signed_info_digest, position, status,
                         received_at)
      select author, gen_random_uuid(), owner, uuid, 90 + (random() * 1000000)::int, type, time, bytes, digest, signed_info_digest,
        ${position}, 'parked', received_at
      ${OF_PRACTICE} and number = 1`;
    await node.rows(copyOf('null'));
    await node.rows(copyOf('null'));
    await expect(node.rows(copyOf('position'))).rejects.toThrow(/event_position/);
  });
});
