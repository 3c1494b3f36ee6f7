import type { CompareRows, PlaceRow } from './place-row.ts';
import type { Sighting } from './compare-keys.ts';
import type { TopicFindings } from './topic-findings.ts';
import type { TopicToCompare } from './topic-records.ts';

/**
 * Without the auditor's word how far it has read, a record behind the last one that is in the log counts as later if it was written
 * no longer than this before the newest leaf, milliseconds: all topics are read at the same time, seconds apart at most.
 */
const SETTLED_MS = 600_000;
/** Records that are looked for on the desk and in the growth of the log. More of them are findings at once. */
const MOST = 100_000;

interface UnloggedRecord {
  readonly place: PlaceRow;
  readonly key: string;
  readonly offset: number;
  state: 'open' | 'later' | 'refused';
}

/** Documents on a topic that are not in the log: too new for it, refused by the auditor, or neither. */
export class Unlogged {
  readonly #table: CompareRows;
  readonly #newest: number;
  readonly #settled: { readonly place: PlaceRow; readonly sighting: Sighting; readonly key: string }[] = [];
  #kept: UnloggedRecord[] | null = null;
  #byKey: ReadonlyMap<string, readonly UnloggedRecord[]> | null = null;
  #tooMany = 0;

  /** @param newest the newest time that a leaf states, milliseconds */
  constructor(table: CompareRows, newest: number) {
    this.#table = table;
    this.#newest = newest;
  }

  get isEmpty(): boolean {
    return this.#settled.length === 0;
  }

  /** The first record of a document in a partition. */
  add(key: string, row: number, sighting: Sighting): void {
    const place = this.#table.places[row];
    if (place === undefined) return;
    if (place.handled !== null && BigInt(sighting.number) >= place.handled) place.later += 1;
    else if (this.#settled.length < MOST) this.#settled.push({ place, sighting, key });
    else {
      place.extra += 1;
      this.#tooMany += 1;
    }
  }

  /** A leaf that came after the checkpoint. */
  found(topic: string, key: string): void {
    const row = this.#table.rowOfTopic(topic);
    for (const record of this.#sameAs(key))
      if (record.place.topicRow === null || record.place.topicRow === row) record.state = 'later';
  }

  /** Looks for what is left on the auditor's desk. */
  async askDesk({ topic, refused }: TopicToCompare): Promise<void> {
    const open = new Map(
      this.#records()
        .filter(({ place, state }) => place.topic === topic && state === 'open')
        .map((record) => [`${record.place.partition}/${record.offset}`, record]),
    );
    if (open.size === 0 || refused === null) return;
    for await (const { partition, offset } of refused()) {
      const record = open.get(`${partition}/${offset}`);
      if (record !== undefined) this.#refuse(record);
    }
  }

  /** What was refused where it was published is no less refused where it was copied to. */
  #refuse(refused: UnloggedRecord): void {
    refused.state = 'refused';
    for (const record of this.#sameAs(refused.key))
      if (record.place.topicRow === null && record.state === 'open') record.state = 'refused';
  }

  #sameAs(key: string): readonly UnloggedRecord[] {
    this.#byKey ??= Map.groupBy(this.#records(), (record) => record.key);
    return this.#byKey.get(key) ?? [];
  }

  /** What is left is a finding. */
  conclude(findings: TopicFindings): void {
    for (const { place, offset, state } of this.#records()) {
      if (state === 'later') place.later += 1;
      else if (state === 'refused') place.refused += 1;
      else {
        place.extra += 1;
        this.#find(findings, place, offset);
      }
    }
    findings.count('TOPIC_RECORD_NOT_LOGGED', this.#tooMany);
  }

  #find(findings: TopicFindings, { topic, partition }: PlaceRow, offset: number): void {
    findings.add({
      code: 'TOPIC_RECORD_NOT_LOGGED',
      topic,
      partition,
      offset: String(offset),
      index: null,
      message: `what ${topic}/${partition} has at ${offset} is no leaf`,
    });
  }

  /** To be asked for when all records have been compared: only then is it known how far the log has come in each partition. */
  #records(): UnloggedRecord[] {
    this.#kept ??= this.#settled.map(({ place, sighting: { number, time }, key }) => {
      const isLater = place.handled === null && number > place.lastInLog && time > this.#newest - SETTLED_MS;
      return { place, key, offset: number, state: isLater ? 'later' : 'open' };
    });
    return this.#kept;
  }
}
