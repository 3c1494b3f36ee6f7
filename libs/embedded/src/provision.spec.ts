import kafkajs from 'kafkajs';
import { expect, it } from 'vitest';
import { aclsFor, provisionTopics, topicsFor, type Principal } from './provision.ts';

const { ResourcePatternTypes } = kafkajs;

const PRINCIPALS: Principal[] = [
  { holder: 'registry', role: 'registry', principal: 'CN=registry' },
  { holder: 'router-1', role: 'router', principal: 'CN=router-1' },
  { holder: 'auditor', role: 'auditor', principal: 'CN=auditor' },
  { holder: 'c_d150', role: 'authority', principal: 'CN=c_d150' },
  { holder: 'p_cr', role: 'authority', principal: 'CN=p_cr' },
];

/** The permissions as lines `who operation what`, as an operator would read them. */
function lines(): string[] {
  const operations: Record<number, string> = { 3: 'reads', 4: 'writes' };
  const kinds: Record<number, string> = { 2: 'topic', 3: 'group' };
  return aclsFor(topicsFor(['c_d150', 'p_cr']), PRINCIPALS).map(
    ({ principal, operation, resourceType, resourceName, resourcePatternType }) =>
      `${principal.replace(/^User:(CN=)?/, '')} ${String(operations[operation])} ${String(kinds[resourceType])} ${resourceName}${resourcePatternType === ResourcePatternTypes.PREFIXED ? '*' : ''}`,
  );
}

it('grants what the table of topics says, and nothing else', () => {
  expect(lines().sort()).toEqual(
    [
      'registry writes topic registry.state',
      ...PRINCIPALS.map(({ holder }) => `${holder} reads topic registry.state`),
      'c_d150 reads topic practice.outbox.c_d150',
      'c_d150 writes topic practice.said.c_d150',
      'p_cr writes topic practice.said.p_cr',
      'c_d150 reads topic practice.said.c_d150',
      'p_cr reads topic practice.said.p_cr',
      'p_cr reads topic practice.outbox.p_cr',
      'router-1 reads topic practice.routing',
      'c_d150 writes topic practice.outbox.c_d150',
      'p_cr writes topic practice.outbox.p_cr',
      'router-1 reads topic practice.outbox.c_d150',
      'router-1 reads topic practice.outbox.p_cr',
      'auditor reads topic practice.outbox.c_d150',
      'auditor reads topic practice.outbox.p_cr',
      'router-1 writes topic practice.inbox.c_d150',
      'router-1 writes topic practice.inbox.p_cr',
      'c_d150 reads topic practice.inbox.c_d150',
      'p_cr reads topic practice.inbox.p_cr',
      'router-1 writes topic practice.routing',
      'auditor reads topic practice.routing',
      'c_d150 writes topic practice.receipts',
      'p_cr writes topic practice.receipts',
      'router-1 reads topic practice.receipts',
      'auditor reads topic practice.receipts',
      ...PRINCIPALS.map(({ holder }) => `${holder} writes topic practice.actions`),
      'auditor reads topic practice.actions',
      'router-1 writes topic practice.quarantine',
      'router-1 reads topic practice.quarantine',
      ...PRINCIPALS.map(({ holder }) => `${holder} reads group ${holder}.*`),
    ].sort(),
  );
});

it("refuses two holders of whom one would own the other's consumer groups", async () => {
  const principals: Principal[] = [
    { holder: 'a', role: 'authority', principal: 'CN=a' },
    { holder: 'a.b', role: 'authority', principal: 'CN=a.b' },
  ];
  const connection = { brokers: ['localhost:1'], caFile: '/', certFile: '/', keyFile: '/' };
  await expect(provisionTopics(connection, { members: [], principals })).rejects.toMatchObject({
    code: 'KAFKA_PROVISIONING_FAILED',
  });
});
