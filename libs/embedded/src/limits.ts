import { TOPICS, type TopicDefinition } from '#contracts';

/** The longest retention that ends, in days: committed offsets must outlive it. */
export const LONGEST_RETENTION_DAYS = Math.max(
  ...Object.values<TopicDefinition>(TOPICS).map(({ retentionDays }) => retentionDays ?? 0),
);

/** Largest record batch that a topic takes, in bytes: what a producer gathers (1 MiB) and the largest event with its decision. */
export const MAX_BATCH_BYTES = 4 * 1024 * 1024;

/** Consumer groups of a holder begin with this; no other holder may use them. */
export function groupPrefix(holder: string): string {
  return `${holder}.`;
}
