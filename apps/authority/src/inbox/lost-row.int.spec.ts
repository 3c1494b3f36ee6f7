import { expect, it } from 'vitest';
import { done } from '#messaging';
import { realNetwork, TestNode } from '../authority.fixture.ts';
import { idOf, TestInbox } from '../inbox.fixture.ts';

const network = await realNetwork();
const node = await TestNode.start(network, 'p_cr');
const inbox = await TestInbox.of(node);

/** Everything that is told to others, or counted. */
const told = (): Promise<object[]> =>
  node.rows(`select (select count(*)::int from outbox) as sent, (select count(*)::int from feed) as feed,
    (select count(*)::int from quarantine) as parked, (select count(*)::int from document) as documents,
    (select json_agg(t order by partner) from partner_tally t) as tally,
    (select json_agg(state) from practice) as states`);

it('an event that was lost with what says that it was seen is there again when the inbox is read again, and nothing else happens', async () => {
  const { practice, records, decided } = await inbox.practice(3);
  await inbox.receive(...records);
  const COLUMNS = `author, event_id, owner, uuid, number, type, time, bytes, digest, signed_info_digest, replaces,
    position, decision, status, out_of_flow, parked_code`;
  const rows = (): Promise<object[]> => node.rows(`select ${COLUMNS} from event order by position`);
  const [before, said] = [await rows(), await told()];
  const lost = decided[1]!.decision.event.id;
  await node.rows('delete from event where event_id = $1', [lost]);
  await node.rows('delete from seen where event_id = $1', [lost]);
  expect(await inbox.timeline(practice)).toEqual(['1 accepted', '3 accepted', '4 accepted']);

  expect(await inbox.receive(...records)).toEqual(records.map(done));
  expect(await rows()).toEqual(before);
  expect(await told()).toEqual(said);
  expect(await inbox.timeline(practice)).toHaveLength(4);
  expect(idOf(practice)).toBe(decided[0]!.decision.practice.uuid);
});
