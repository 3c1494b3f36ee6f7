/** Baseline B, bare kafkajs: who copies what to where. */
import type { BrokerAccess } from '../broker-client.ts';

export interface CopyPlace {
  readonly access: BrokerAccess;
  readonly outbox: string;
  readonly inboxes: readonly string[];
  /** Of a recipient: its own. */
  readonly inbox?: string;
  /** Of the author: a signed event, base64. */
  readonly event?: string;
}

/** As much as the hub's own streams fetch. */
export const FETCH = {
  maxWaitTimeInMs: 500,
  maxBytesPerPartition: 1024 * 1024,
  maxBytes: 8 * 1024 * 1024,
} as const;
