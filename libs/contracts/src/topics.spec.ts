import { describe, expect, it } from 'vitest';
import { parseIpaCode } from './ids.ts';
import { outboxOwner, TOPICS, topics, type TopicDefinition } from './topics.ts';

const cremona = parseIpaCode('c_d150');
const all: TopicDefinition[] = Object.values(TOPICS);

describe('topics', () => {
  it('are named after what they carry and, for a member, its IPA code', () => {
    expect(topics.outbox(cremona)).toBe('practice.outbox.c_d150');
    expect(topics.inbox(cremona)).toBe('practice.inbox.c_d150');
    expect(topics.registryState).toBe('registry.state');
  });

  it('tell whose outbox one is, and that the others are nobody’s', () => {
    expect(outboxOwner('practice.outbox.c_d150')).toBe('c_d150');
    expect(outboxOwner('practice.inbox.c_d150')).toBeNull();
    expect(outboxOwner('practice.routing')).toBeNull();
  });

  it('have Kafka names also for the longest IPA code', () => {
    const longest = parseIpaCode('A_-.'.repeat(4));
    for (const { name } of all) expect(name.replace('{ipa}', longest)).toMatch(/^[A-Za-z0-9._-]{1,249}$/);
  });

  it('have one kind of writer each, and let nobody but the router write an inbox', () => {
    for (const topic of all) expect(topic.writers).toHaveLength(1);
    expect(TOPICS.inbox.writers).toEqual(['router']);
    expect(TOPICS.inbox.readers).toEqual(['owner']);
    expect(TOPICS.quarantine.readers).toEqual(['router']);
  });
});
