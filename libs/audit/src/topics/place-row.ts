import type { TopicRange, TopicRole } from './topic-records.ts';

/** A partition that is read, and what was counted of it. */
export interface PlaceRow extends TopicRange {
  readonly topic: string;
  /** Index of its topic among those of leaves; null for a topic of copies. */
  readonly topicRow: number | null;
  readonly role: TopicRole;
  records: number;
  notices: number;
  distinct: number;
  inLog: number;
  later: number;
  refused: number;
  extra: number;
  /** The last offset whose document is in the log. */
  lastInLog: number;
  /** When the first record was written that was read. Milliseconds; infinite while none was. */
  firstAt: number;
}

/** The rows of a comparison, for who looks at what is left over. */
export interface CompareRows {
  readonly places: readonly PlaceRow[];
  /** Which of the topics of leaves that is; undefined for any other. */
  rowOfTopic(topic: string): number | undefined;
}
