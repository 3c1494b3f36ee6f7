import type { ErrorCode } from '#errors';
import type { TopicRole } from './topic-records.ts';

export const TOPICS_REPORT_FORMAT = 'reset-hub/topics-report@v1';

/** Of a partition. What `records` are: `notices`, and `distinct` documents, `repeated` so many times. */
export interface PartitionReport {
  readonly topic: string;
  readonly partition: number;
  readonly role: TopicRole;
  /** Offsets as text: the first that it still holds, the first that was read, the first that was not. */
  readonly low: string;
  readonly from: string;
  readonly to: string;
  readonly records: number;
  /** Heartbeats, and notices of what was parked: nothing that is ever in the log. */
  readonly notices: number;
  readonly distinct: number;
  readonly repeated: number;
  /** Of the distinct ones: */
  readonly inLog: number;
  /** came after the checkpoint, */
  readonly later: number;
  /** the auditor has refused and shows on its desk, */
  readonly refused: number;
  /** are in no log and on no desk: findings. */
  readonly extra: number;
}

/** Of a topic that the log is made of, and what the log says should be on it. */
export interface TopicReport {
  readonly topic: string;
  readonly leaves: number;
  readonly onTopic: number;
  /** Not on it, and older than what it has to keep, or than where the reading began. */
  readonly past: number;
  /** Not on it, though it has to be: findings. */
  readonly missing: number;
}

export interface TopicFinding {
  readonly code: ErrorCode;
  readonly topic: string;
  /** Of a record. */
  readonly partition: number | null;
  readonly offset: string | null;
  /** Of a leaf. */
  readonly index: number | null;
  readonly message: string;
}

/** What a comparison of topics with a log has found. docs/cli.md has it field by field. */
export interface TopicsReport {
  readonly format: typeof TOPICS_REPORT_FORMAT;
  /** ISO 8601, UTC. */
  readonly comparedAt: string;
  readonly verdict: 'same' | 'differs';
  readonly log: { readonly origin: string; readonly size: number; readonly root: string };
  /** Whether the auditor's desk was asked for what it has refused. */
  readonly deskAsked: boolean;
  readonly partitions: readonly PartitionReport[];
  readonly topics: readonly TopicReport[];
  readonly findings: {
    readonly total: number;
    readonly byCode: Readonly<Record<string, number>>;
    /** The first thousand. */
    readonly listed: readonly TopicFinding[];
  };
}
