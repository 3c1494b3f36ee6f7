/** A record to be written. Text headers travel as UTF-8. */
export interface OutgoingRecord {
  readonly topic: string;
  /** Decides the partition (murmur2, as the Java client does); null spreads the records. */
  readonly key: string | null;
  /** What was signed, byte for byte. */
  readonly value: Buffer;
  readonly headers: Readonly<Record<string, string | Buffer>>;
}

/** A record as read. */
export interface IncomingRecord {
  readonly topic: string;
  readonly partition: number;
  /** 64-bit number as text. */
  readonly offset: string;
  readonly key: string | null;
  readonly value: Buffer;
  /** Of a header given twice, the last. */
  readonly headers: Readonly<Record<string, Buffer>>;
  /** When the producer wrote it, by its own clock: for display, never for decisions. */
  readonly timestamp: Date;
  /**
   * What no honest writer can have written, kept from its handler: the stream's `onPoison` gets it with this code.
   * `value` is what lies on the topic, if that is no more than one record may have; `offset` the last that it covers.
   */
  readonly refused?: 'RECORD_COMPRESSED';
}

/** A header as UTF-8 text, or undefined if the record does not carry it. */
export function headerText(record: Pick<IncomingRecord, 'headers'>, name: string): string | undefined {
  return Object.hasOwn(record.headers, name) ? record.headers[name]?.toString('utf8') : undefined;
}

/** Bytes of a record that count towards the limits of a batch. */
export function recordBytes(record: {
  readonly value: Buffer;
  readonly headers: Readonly<Record<string, string | Buffer>>;
}): number {
  let bytes = record.value.length + RECORD_OVERHEAD_BYTES;
  for (const [name, value] of Object.entries(record.headers)) bytes += name.length + value.length;
  return bytes;
}

/** Key, lengths, time stamp and the like: generously. */
const RECORD_OVERHEAD_BYTES = 100;
