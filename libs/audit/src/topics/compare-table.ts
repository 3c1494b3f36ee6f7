import { topicDefinition } from '#contracts';
import { HubError } from '#errors';
import { MOST_ROWS, sightingsIn, type Sighting } from './compare-keys.ts';
import type { TopicFindings } from './topic-findings.ts';
import { roleOf, type TopicRange, type TopicRecord, type TopicToCompare } from './topic-records.ts';
import type { CompareRows, PlaceRow } from './place-row.ts';
import type { PartitionReport, TopicReport } from './topics-report.ts';

const DAY_MS = 86_400_000;

/** A topic that the log is made of. */
interface TopicRow {
  readonly topic: string;
  leaves: number;
  onTopic: number;
  past: number;
  missing: number;
}

/** What a comparison is judged with. */
interface Judge {
  readonly findings: TopicFindings;
  /** Takes the first record of a document that is not in the log. */
  readonly unlogged: { add(key: string, row: number, first: Sighting): void };
  readonly now: Date;
}

/** The rows of the comparison: topics that leaves belong to, and partitions that records are in. */
export class CompareTable implements CompareRows {
  readonly places: readonly PlaceRow[];
  readonly #topics: TopicRow[];
  readonly #topicRows: Map<string, number>;
  readonly #placeRows: ReadonlyMap<string, number>;
  readonly #isEveryTopic: boolean;

  /** @throws HubError `INTERNAL_ERROR` for more partitions than fit into a record */
  constructor(topics: readonly TopicToCompare[], isEveryTopic: boolean) {
    this.#isEveryTopic = isEveryTopic;
    const sources = topics.filter(({ topic }) => roleOf(topic) === 'source');
    this.#topics = sources.map(({ topic }) => topicRow(topic));
    this.#topicRows = new Map(sources.map(({ topic }, row) => [topic, row]));
    this.places = topics.flatMap(({ topic, ranges }) =>
      ranges.map((range) => placeRow(topic, range, this.#topicRows.get(topic) ?? null)),
    );
    this.#placeRows = new Map(this.places.map(({ topic, partition }, row) => [`${topic}/${partition}`, row]));
    if (this.places.length > MOST_ROWS)
      throw new HubError('INTERNAL_ERROR', `more than ${MOST_ROWS} partitions`);
  }

  /** The row of the topic that a leaf has to be on; null if that topic is none of those that are compared. */
  leafRow(topic: string): number | null {
    const known = this.#topicRows.get(topic);
    if (known !== undefined) return known;
    // A topic that a leaf names and the broker does not have, or was not asked for.
    if (!this.#isEveryTopic || this.#topics.length >= MOST_ROWS) return null;
    this.#topics.push(topicRow(topic));
    this.#topicRows.set(topic, this.#topics.length - 1);
    return this.#topics.length - 1;
  }

  rowOfTopic(topic: string): number | undefined {
    return this.#topicRows.get(topic);
  }

  /** Counts a record. Returns the row of its partition. @throws HubError `INTERNAL_ERROR` for one of another partition */
  passed({ topic, partition, timestamp }: TopicRecord, isNotice: boolean): number {
    const row = this.#placeRows.get(`${topic}/${partition}`);
    const place = row === undefined ? undefined : this.places[row];
    if (row === undefined || place === undefined)
      throw new HubError('INTERNAL_ERROR', `${topic}/${partition} was not asked for`);
    place.records += 1;
    place.firstAt = Math.min(place.firstAt, timestamp.getTime());
    if (isNotice) place.notices += 1;
    return row;
  }

  /** Puts the leaves and records of one file side by side. */
  compare(sorted: readonly Buffer[], judge: Judge): void {
    for (const { key, leaves, records } of sightingsIn(sorted)) {
      const byPlace = Map.groupBy(records, ({ row }) => row);
      for (const [row, ofPlace] of byPlace) this.#record(row, ofPlace, { key, leaves }, judge);
      for (const leaf of leaves) {
        const isThere = [...byPlace.keys()].some((row) => this.places[row]?.topicRow === leaf.row);
        this.#leaf(leaf, isThere, judge);
      }
    }
  }

  partitions(): PartitionReport[] {
    return this.places.map((place) => {
      const { topic, partition, role, low, from, to, records, notices, distinct } = place;
      const { inLog, later, refused, extra } = place;
      const repeated = records - notices - distinct;
      const offsets = { low: low.toString(), from: from.toString(), to: to.toString() };
      const counts = { records, notices, distinct, repeated, inLog, later, refused, extra };
      return { topic, partition, role, ...offsets, ...counts };
    });
  }

  topics(): TopicReport[] {
    return this.#topics.map((topic) => ({ ...topic }));
  }

  #record(
    row: number,
    records: readonly Sighting[],
    { key, leaves }: { readonly key: string; readonly leaves: readonly Sighting[] },
    { unlogged }: Judge,
  ): void {
    const [place, first] = [this.places[row], records[0]];
    if (place === undefined || first === undefined) return;
    place.distinct += 1;
    // In a topic of copies it does not matter whose outbox a document came from.
    const isLogged = leaves.some((leaf) => place.topicRow === null || leaf.row === place.topicRow);
    if (!isLogged) {
      unlogged.add(key, row, first);
      return;
    }
    place.inLog += 1;
    place.lastInLog = records.reduce((last, { number }) => Math.max(last, number), place.lastInLog);
  }

  #leaf(leaf: Sighting, isThere: boolean, { findings, now }: Judge): void {
    const topic = this.#topics[leaf.row];
    if (topic === undefined) return;
    topic.leaves += 1;
    if (isThere) topic.onTopic += 1;
    else if (leaf.time < this.#heldFrom(topic.topic, now)) topic.past += 1;
    else {
      topic.missing += 1;
      findings.add({
        code: 'TOPIC_RECORD_MISSING',
        topic: topic.topic,
        partition: null,
        offset: null,
        index: leaf.number,
        message: `leaf ${leaf.number} of ${new Date(leaf.time).toISOString()} is on no partition of ${topic.topic}`,
      });
    }
  }

  /** A leaf that states an earlier time need not be on the topic any more, or not behind where the reading began. */
  #heldFrom(topic: string, now: Date): number {
    const days = topicDefinition(topic)?.retentionDays ?? null;
    const retained = days === null ? -Infinity : now.getTime() - days * DAY_MS;
    // Whatever was signed after a record was written is behind it.
    const begun = this.places
      .filter((place) => place.topic === topic && place.from > place.low)
      .map(({ firstAt }) => firstAt);
    return Math.max(retained, ...begun);
  }
}

function topicRow(topic: string): TopicRow {
  return { topic, leaves: 0, onTopic: 0, past: 0, missing: 0 };
}

function placeRow(topic: string, range: TopicRange, topicRow: number | null): PlaceRow {
  const counts = { records: 0, notices: 0, distinct: 0, inLog: 0, later: 0, refused: 0, extra: 0 };
  const role = topicRow === null ? 'copies' : 'source';
  return { ...range, topic, topicRow, role, ...counts, lastInLog: -1, firstAt: Infinity };
}
