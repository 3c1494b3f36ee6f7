/** Under which epochs a process reads its streams: see `CreateStreamRewinds1767225604000`. */

/** A partition. */
interface Place {
  readonly topic: string;
  readonly partition: number;
}

/** A place with how often it was taken back. */
export interface PlaceEpoch extends Place {
  readonly epoch: number;
}

interface Held {
  readonly topics: ReadonlySet<string>;
  readonly epochs: ReadonlyMap<string, number>;
  /** That one of them is over was told: it is not told again before the next load. */
  told: boolean;
}

/** What one process knows of the epochs of its groups: as it was when they loaded their positions. */
export class StreamEpochs {
  readonly #held = new Map<string, Held>();

  get groups(): readonly string[] {
    return [...this.#held.keys()];
  }

  /** The group goes on in these topics, where the database says. */
  hold(group: string, topics: readonly string[], rows: readonly PlaceEpoch[]): void {
    const epochs = new Map(rows.map((row) => [keyOf(row), row.epoch]));
    this.#held.set(group, { topics: new Set(topics), epochs, told: false });
  }

  /** Zero for a place that the database did not know: nobody had taken it back. */
  of(group: string, place: Place): number {
    return this.#held.get(group)?.epochs.get(keyOf(place)) ?? 0;
  }

  /** Whether a place that the group reads here was taken back since; told once. */
  isOver(group: string, rows: readonly PlaceEpoch[]): boolean {
    const held = this.#held.get(group);
    if (held === undefined || held.told) return false;
    held.told = rows.some((row) => held.topics.has(row.topic) && this.of(group, row) < row.epoch);
    return held.told;
  }
}

function keyOf({ topic, partition }: Place): string {
  return `${topic}/${partition}`;
}
