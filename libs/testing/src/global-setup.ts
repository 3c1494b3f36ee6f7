import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import {
  ensureNetworkPki,
  provisionTopics,
  startGuardian,
  startKafka,
  startPostgres,
  type Holder,
  type KafkaConnection,
  type NetworkPki,
} from '#embedded';
import { isInMemory, SCRATCH } from './scratch.ts';

/** The members of the test network. */
export const TEST_MEMBERS = ['c_d150', 'p_cr', 'c_d142', 'c_b898'] as const;

/** Everyone in the test network, by the name in its certificate. */
export const TEST_HOLDERS: readonly Holder[] = [
  { holder: 'registry', role: 'registry' },
  { holder: 'router-1', role: 'router' },
  { holder: 'auditor', role: 'auditor' },
  ...TEST_MEMBERS.map((holder) => ({ holder, role: 'authority' as const })),
];

/** The one broker of a test run. */
export interface TestKafka {
  readonly brokers: readonly string[];
  readonly pki: NetworkPki;
  readonly admin: KafkaConnection;
  readonly connections: Readonly<Record<string, KafkaConnection>>;
  readonly principals: Readonly<Record<string, string>>;
}

declare module 'vitest' {
  interface ProvidedContext {
    kafka: TestKafka;
    postgres: {
      readonly adminUrl: string;
      /** How a database is best copied there: PostgreSQL's `strategy`. */
      readonly copying: 'file_copy' | 'wal_log';
    };
  }
}

/** Starts one broker and one database server for all tests of a run; returns what ends them and removes their data. */
export default async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const home = await mkdtemp(join(SCRATCH, 'reset-hub-test-'));
  const guardian = await startGuardian();
  const stops: (() => Promise<void>)[] = [];
  const teardown = async (): Promise<void> => {
    await Promise.all(
      stops.map(async (stop) => {
        await stop();
      }),
    );
    await guardian.stop();
    await rm(home, { recursive: true, force: true });
  };
  try {
    const pki = await ensureNetworkPki({ dir: join(home, 'pki'), holders: TEST_HOLDERS });
    const postgres = await startPostgres({ home, guardian, durability: 'throwaway' });
    stops.push(async () => {
      await postgres.stop();
    });
    const kafka = await startKafka({ home, pki, guardian, shortLived: true });
    stops.push(async () => {
      await kafka.stop();
    });
    const { admin, principals } = kafka;
    await provisionTopics(admin, {
      members: TEST_MEMBERS,
      principals: TEST_HOLDERS.map(({ holder, role }) => ({
        holder,
        role,
        principal: principals[holder] ?? '',
      })),
    });
    const connections = Object.fromEntries(
      TEST_HOLDERS.map(({ holder }) => [holder, kafka.connectionFor(holder)]),
    );
    provide('kafka', { brokers: kafka.brokers, pki, admin, connections, principals });
    // File by file takes half the time in memory, and four times as long on a disk.
    const copying = isInMemory && postgres.kind === 'embedded' ? 'file_copy' : 'wal_log';
    provide('postgres', { adminUrl: postgres.adminUrl, copying });
  } catch (error) {
    await teardown();
    throw error;
  }
  return teardown;
}
