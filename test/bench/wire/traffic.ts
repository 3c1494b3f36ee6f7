/** What travels on the hops of a filing, as the outboxes hold it, and what sender and reader are told. */
import { randomBytes, randomUUID } from 'node:crypto';
import type { OutboxRecord } from '#persistence';
import type { BrokerAccess } from '../exchange/broker-client.ts';

/** A kind of record: how many topics it goes to, and its bytes. */
interface Kind {
  readonly topics: number;
  /** Of the value: a signed event or receipt. */
  readonly bytes: number;
  /** Of the decision, which travels as a header; 0 without one. */
  readonly decision: number;
}

/** One event with its decision goes to its author and three recipients; one receipt to its author's topic and the log's. */
export const KINDS = {
  event: { topics: 1, bytes: 5_200, decision: 0 },
  decided: { topics: 4, bytes: 5_200, decision: 6_800 },
  receipt: { topics: 2, bytes: 4_000, decision: 0 },
} as const satisfies Readonly<Record<string, Kind>>;

/** Where broker and database are. */
export interface WirePlace {
  readonly access: BrokerAccess;
  readonly database: string;
}

/** Tells the reader what to read, and how many records at once. */
export interface ReadOrder {
  readonly topic: string;
  readonly size: number;
  readonly count: number;
}

/** Tells the sender what to append and to relay, and how many records at once. */
export interface SendOrder {
  readonly kind: Kind;
  readonly topics: readonly string[];
  readonly size: number;
  readonly count: number;
}

/** Microseconds of processor time of the process that says it, for all records together. */
export interface Spent {
  readonly micros: number;
}

/** Headers as those of a signed event: CloudEvents' attributes as text, the decision as bytes. */
export function recordsOf({ kind, topics, size }: SendOrder): OutboxRecord[] {
  return Array.from({ length: size }, () => ({
    topics,
    key: `c_d150/${randomUUID()}`,
    value: randomBytes(kind.bytes),
    headers: {
      ce_specversion: '1.0',
      ce_id: randomUUID(),
      ce_source: 'urn:reset-hub:c_d150',
      ce_type: 'it.reset-hub.practice.filed',
      ce_time: new Date().toISOString(),
      ce_subject: `c_d150/${randomUUID()}`,
      ce_dataschema: 'urn:reset-hub:schema:event:1.0',
      'content-type': 'application/xml',
      ...(kind.decision === 0 ? {} : { hub_decision: randomBytes(kind.decision) }),
    },
  }));
}
