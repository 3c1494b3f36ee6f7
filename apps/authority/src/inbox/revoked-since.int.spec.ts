import { expect, it } from 'vitest';
import { realNetwork, TestNode } from '../authority.fixture.ts';
import { TestInbox } from '../inbox.fixture.ts';

const network = await realNetwork();
const inbox = await TestInbox.of(await TestNode.start(network, 'p_cr'));

it('an author’s key revoked since counts by each event’s own decision: what was decided before stays good', async () => {
  const { decided, records } = await inbox.practice(7);
  const times = decided.map(({ decision }) => decision.time);
  const revokedFrom = times[5]!;
  await network.revoke('c_d150', new Date(revokedFrom));
  const outcomes = await inbox.receive(...records);
  const told = outcomes.map((outcome) => (outcome.kind === 'park' ? outcome.code : outcome.kind));
  expect(told).toEqual(times.map((time) => (time < revokedFrom ? 'done' : 'KEY_REVOKED_BEFORE_ARRIVAL')));
  expect([told[0], told[7]]).toEqual(['done', 'KEY_REVOKED_BEFORE_ARRIVAL']);
});
