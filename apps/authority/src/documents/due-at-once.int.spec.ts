import { expect, it } from 'vitest';
import { parseEvent } from '#contracts';
import { realNetwork, TestNode } from '../authority.fixture.ts';
import { TestInbox } from '../inbox.fixture.ts';
import { insertDueDocuments } from './document-rows.ts';

const TEN_MINUTES_MS = 600_000;

it('documents that came while the node’s clock ran ahead are due when it is right again', async () => {
  const node = await TestNode.start(await realNetwork(), 'p_cr');
  const { records } = await (await TestInbox.of(node)).practice(0);
  const [record] = records;
  if (record === undefined) throw new Error('a practice has a filing');
  const event = parseEvent(record.value);
  const ahead = new Date(Date.now() + TEN_MINUTES_MS);
  await node.parts.work.run((tx) => {
    insertDueDocuments(tx, [{ event, documents: event.documents }], ahead);
    return Promise.resolve();
  });
  const due = await node.rows('select 1 from document where event_id = $1 and next_attempt_at <= now()', [
    event.id,
  ]);
  expect(due).toHaveLength(event.documents.length);
  expect(due.length).toBeGreaterThan(0);
});
