import kafkajs, { type AclEntry, type Admin } from 'kafkajs';
import { TOPICS, type TopicDefinition, type TopicParty } from '#contracts';
import { HubError } from '#errors';
import { createTopics } from '#kafka-client';
import { withAdmin, type KafkaConnection } from './kafka/connection.ts';
import type { HolderRole } from './pki/subject.ts';
import { groupPrefix, MAX_BATCH_BYTES } from './limits.ts';

const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs;

/** Where the name of a topic of each member has its IPA code. */
const IPA_PLACE = '{ipa}';
const DAY_MS = 86_400_000;
const KEPT_FOR_EVER = -1;
/** Most copies of a topic; fewer where the cluster has fewer brokers. */
const MAX_REPLICATION = 3;
/** How long the broker may take to make its own topic for offsets, in milliseconds. */
const COORDINATOR_WITHIN_MS = 30_000;
/** How long an authorizer may take to know an ACL that was accepted, in milliseconds. */
const ACLS_KNOWN_WITHIN_MS = 10_000;

/** Who holds a certificate, and the name the brokers give it (without `User:`). */
export interface Principal {
  readonly holder: string;
  readonly role: HolderRole;
  readonly principal: string;
}

export interface ProvisionRequest {
  /** IPA codes that get an outbox and an inbox. */
  readonly members: readonly string[];
  readonly principals: readonly Principal[];
}

export interface Topic {
  readonly name: string;
  readonly rule: TopicDefinition;
  readonly member: string | undefined;
}

/**
 * Creates the topics of `TOPICS` (`#contracts`) for these members, and grants each principal what the table gives to its part.
 * Doing it again changes nothing; doing it with one more member adds what is missing.
 *
 * @throws HubError `KAFKA_PROVISIONING_FAILED`
 */
export async function provisionTopics(connection: KafkaConnection, request: ProvisionRequest): Promise<void> {
  refuseOverlappingGroups(request.principals);
  try {
    await withAdmin(connection, async (admin) => {
      const topics = topicsFor(request.members);
      await createMissing(admin, topics);
      await grant(admin, aclsFor(topics, request.principals));
      await wakeCoordinator(admin);
    });
  } catch (cause) {
    throw new HubError('KAFKA_PROVISIONING_FAILED', 'topics or their permissions could not be created', {
      cause,
    });
  }
}

/**
 * Takes every permission from a principal: an old generation of a certificate is shut out.
 *
 * @throws HubError `KAFKA_PROVISIONING_FAILED`
 */
export async function withdrawPrincipal(connection: KafkaConnection, principal: string): Promise<void> {
  try {
    await withAdmin(connection, async (admin) => {
      await admin.deleteAcls({
        filters: [
          {
            resourceType: AclResourceTypes.ANY,
            resourcePatternType: ResourcePatternTypes.ANY,
            principal: `User:${principal}`,
            operation: AclOperationTypes.ANY,
            permissionType: AclPermissionTypes.ANY,
          },
        ],
      });
    });
  } catch (cause) {
    throw new HubError('KAFKA_PROVISIONING_FAILED', `permissions of ${principal} could not be withdrawn`, {
      cause,
    });
  }
}

/** The topics of the table for these members. */
export function topicsFor(members: readonly string[]): Topic[] {
  return Object.values<TopicDefinition>(TOPICS).flatMap((rule): Topic[] =>
    rule.name.includes(IPA_PLACE)
      ? members.map((member) => ({ name: rule.name.replace(IPA_PLACE, member), rule, member }))
      : [{ name: rule.name, rule, member: undefined }],
  );
}

async function createMissing(admin: Admin, topics: readonly Topic[]): Promise<void> {
  const known = new Set(await admin.listTopics());
  const missing = topics.filter(({ name }) => !known.has(name));
  if (missing.length === 0) return;
  const { brokers } = await admin.describeCluster();
  await createTopics(
    admin,
    missing.map(({ name, rule }) => ({
      topic: name,
      numPartitions: rule.partitions,
      replicationFactor: Math.min(MAX_REPLICATION, brokers.length),
      configEntries: [
        { name: 'cleanup.policy', value: 'delete' },
        {
          name: 'retention.ms',
          value: String(rule.retentionDays === null ? KEPT_FOR_EVER : rule.retentionDays * DAY_MS),
        },
        { name: 'retention.bytes', value: String(KEPT_FOR_EVER) },
        { name: 'max.message.bytes', value: String(MAX_BATCH_BYTES) },
        // As it was written, whatever the broker's own default: nodes read nothing that is compressed, and a broker that
        // unpacked for them would hold in memory what a few kilobytes can become.
        { name: 'compression.type', value: 'producer' },
      ],
    })),
  );
}

/** The permissions that the table gives on these topics to these principals, and on the groups of each. */
export function aclsFor(topics: readonly Topic[], principals: readonly Principal[]): AclEntry[] {
  const onTopics = topics.flatMap(({ name, rule, member }) => [
    ...grantees(rule.writers, member, principals).map((user) => allow(user, name, AclOperationTypes.WRITE)),
    ...grantees(rule.readers, member, principals).map((user) => allow(user, name, AclOperationTypes.READ)),
  ]);
  const onGroups = principals.map(({ holder, principal }) => ({
    ...allow(`User:${principal}`, groupPrefix(holder), AclOperationTypes.READ),
    resourceType: AclResourceTypes.GROUP,
    resourcePatternType: ResourcePatternTypes.PREFIXED,
  }));
  return [...onTopics, ...onGroups];
}

function grantees(
  parties: readonly TopicParty[],
  member: string | undefined,
  principals: readonly Principal[],
): string[] {
  return principals
    .filter(({ holder, role }) =>
      parties.some((party) => {
        if (party === 'owner') return role === 'authority' && holder === member;
        return party === 'nodes' || role === (party === 'members' ? 'authority' : party);
      }),
    )
    .map(({ principal }) => `User:${principal}`);
}

function allow(principal: string, topic: string, operation: kafkajs.AclOperationTypes): AclEntry {
  return {
    resourceType: AclResourceTypes.TOPIC,
    resourceName: topic,
    resourcePatternType: ResourcePatternTypes.LITERAL,
    principal,
    host: '*',
    operation,
    permissionType: AclPermissionTypes.ALLOW,
  };
}

/**
 * Asking for a group's offsets makes the broker's own topic for them, which takes a while: done here, no first consumer
 * has to wait for it, or to be told that its coordinator is loading.
 */
async function wakeCoordinator(admin: Admin): Promise<void> {
  const deadline = Date.now() + COORDINATOR_WITHIN_MS;
  for (;;) {
    try {
      await admin.fetchOffsets({ groupId: groupPrefix('admin') });
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

/** Grants what is not granted yet, and waits until the authorizer knows it. */
async function grant(admin: Admin, wanted: readonly AclEntry[]): Promise<void> {
  const before = await granted(admin);
  const missing = wanted.filter((entry) => !before.has(keyOf(entry)));
  if (missing.length === 0) return;
  await admin.createAcls({ acl: missing });
  const deadline = Date.now() + ACLS_KNOWN_WITHIN_MS;
  for (;;) {
    const now = await granted(admin);
    if (missing.every((entry) => now.has(keyOf(entry)))) return;
    if (Date.now() > deadline) throw new Error('the authorizer does not know the new permissions');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function granted(admin: Admin): Promise<Set<string>> {
  const { resources } = await admin.describeAcls({
    resourceType: AclResourceTypes.ANY,
    resourcePatternType: ResourcePatternTypes.ANY,
    operation: AclOperationTypes.ANY,
    permissionType: AclPermissionTypes.ALLOW,
  });
  return new Set(
    resources.flatMap(({ acls, ...resource }) => acls.map((acl) => keyOf({ ...resource, ...acl }))),
  );
}

function keyOf(entry: AclEntry): string {
  const { resourceType, resourceName, resourcePatternType, principal, operation } = entry;
  return JSON.stringify([resourceType, resourceName, resourcePatternType, principal, operation]);
}

/** `a.` covers the groups of a holder named `a.b`: no such pair may share a cluster. */
function refuseOverlappingGroups(principals: readonly Principal[]): void {
  for (const { holder } of principals) {
    const covered = principals.find((other) => other.holder.startsWith(groupPrefix(holder)));
    if (covered !== undefined) {
      throw new HubError(
        'KAFKA_PROVISIONING_FAILED',
        `${holder} would own the consumer groups of ${covered.holder}`,
      );
    }
  }
}
