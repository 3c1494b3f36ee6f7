import { z } from 'zod';

const BROKER = /^[A-Za-z0-9.-]+:[0-9]{1,5}$/;

/** Which brokers, and under which name. The certificate is the one of platform's `mutualTlsConfig`. */
export interface KafkaBrokers {
  /** `host:port`, at least one. */
  readonly brokers: readonly string[];
  /** Shown in the broker's log and quotas; no authorisation depends on it. */
  readonly clientId: string;
}

/** `KAFKA_BROKERS` (`host:port`, separated by commas) and `KAFKA_CLIENT_ID`. */
export const kafkaConfig = z
  .object({
    KAFKA_BROKERS: z
      .string()
      .transform((list) => list.split(',').map((broker) => broker.trim()))
      .refine((brokers) => brokers.every((broker) => BROKER.test(broker)), 'host:port, separated by commas')
      .describe('the brokers as host:port, separated by commas'),
    KAFKA_CLIENT_ID: z.string().min(1).default('reset-hub').describe('a name for the broker’s log'),
  })
  .transform((env): KafkaBrokers => ({ brokers: env.KAFKA_BROKERS, clientId: env.KAFKA_CLIENT_ID }));
