import type { KafkaConnection } from './connection.ts';

/** A broker that answers, and how each holder reaches it. */
export interface RunningKafka {
  readonly kind: 'external' | 'container' | 'jvm';
  readonly brokers: readonly string[];
  readonly admin: KafkaConnection;
  /** @throws HubError `PKI_INVALID` for a holder that has no certificate in this network */
  connectionFor(holder: string): KafkaConnection;
  /** The principal of each holder as the brokers see it, without `User:`. */
  readonly principals: Readonly<Record<string, string>>;
  /** Of the broker's process; null when it is not a child of this machine's network. */
  readonly pid: number | null;
  readonly logFile: string | null;
  /** Ends the broker if this network started it. Topics and their records stay. */
  stop(): Promise<void>;
}

/** What each way of starting gives back. */
export interface StartedBroker {
  readonly brokers: readonly string[];
  readonly pid: number | null;
  readonly logFile: string | null;
  stop(): Promise<void>;
}
