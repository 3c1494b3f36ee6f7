/** Baseline A, the obvious way: where a process of it finds what it needs. */
import type { BrokerAccess } from '../broker-client.ts';

export interface ObviousTopics {
  readonly outbox: string;
  readonly routing: string;
  readonly receipts: string;
  /** Of the recipients, and the author's own. */
  readonly inboxes: readonly string[];
}

export interface ObviousPlace {
  readonly access: BrokerAccess;
  readonly topics: ObviousTopics;
  readonly name: string;
  /** URL of its own database. */
  readonly database: string;
  /** Own key and certificate, PEM. */
  readonly key: string;
  readonly certificate: string;
  /** SHA-256 of the certificates that belong to somebody, base64, with their holders. */
  readonly holders: Readonly<Record<string, string>>;
  /** Of author and recipients: their inbox. */
  readonly inbox?: string;
}

/** One class of process listens under these names; the topics have a round in their names. */
export function groupOf(place: ObviousPlace): string {
  return `${place.topics.outbox}.${place.name}`;
}
