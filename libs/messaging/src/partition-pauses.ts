/** What of a consumer is needed to pause and resume. */
export interface Pausable {
  pause(topics: { topic: string; partitions?: number[] }[]): void;
  resume(topics: { topic: string; partitions?: number[] }[]): void;
}

interface Pause {
  readonly topic: string;
  readonly partition: number;
  readonly timer: NodeJS.Timeout;
}

/**
 * The pauses of one consumer: of single partitions that back off, and of the whole stream when an operator asks.
 * kafkajs forgets one kind when told of the other; this keeps both.
 */
export class PartitionPauses {
  readonly #consumer: Pausable;
  readonly #topics: readonly string[];
  readonly #pauses = new Map<string, Pause>();
  #all = false;

  constructor(consumer: Pausable, topics: readonly string[]) {
    this.#consumer = consumer;
    this.#topics = topics;
  }

  /** Pauses one partition, and resumes it after `afterMs` milliseconds. */
  backOff(topic: string, partition: number, afterMs: number): void {
    const id = `${topic}/${partition}`;
    clearTimeout(this.#pauses.get(id)?.timer);
    const timer = setTimeout(() => {
      this.#pauses.delete(id);
      if (!this.#all) this.#consumer.resume([{ topic, partitions: [partition] }]);
    }, afterMs);
    this.#pauses.set(id, { topic, partition, timer });
    if (!this.#all) this.#consumer.pause([{ topic, partitions: [partition] }]);
  }

  /** Pauses everything until `resumeAll`. */
  pauseAll(): void {
    this.#all = true;
    this.#consumer.pause(this.#topics.map((topic) => ({ topic })));
  }

  /** Ends `pauseAll`; partitions that back off go on doing so. */
  resumeAll(): void {
    this.#all = false;
    this.#consumer.resume(this.#topics.map((topic) => ({ topic })));
    for (const { topic, partition } of this.#pauses.values()) {
      this.#consumer.pause([{ topic, partitions: [partition] }]);
    }
  }

  /** Forgets every pause; the consumer is about to end. */
  clear(): void {
    for (const { timer } of this.#pauses.values()) clearTimeout(timer);
    this.#pauses.clear();
  }
}
