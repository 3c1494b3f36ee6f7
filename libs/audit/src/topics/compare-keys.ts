/** What leaves and records are found by, 32 bytes each, so that more of them than memory holds can be put side by side. */
import { createHash } from 'node:crypto';
import { RECORD_BYTES } from '../disk/record-files.ts';

const KEY_BYTES = 16;
const SOURCE_AT = KEY_BYTES;
const ROW_AT = SOURCE_AT + 1;
const NUMBER_AT = ROW_AT + 2;
const NUMBER_BYTES = 6;
const TIME_AT = NUMBER_AT + NUMBER_BYTES;

/** Rows that a key has room for. */
export const MOST_ROWS = 65_535;

/** A leaf, or a record. */
export interface Sighting {
  readonly kind: 'leaf' | 'record';
  /** Of a leaf, which topic it has to be on; of a record, which partition it is in. */
  readonly row: number;
  /** Of a leaf its index; of a record its offset. */
  readonly number: number;
  /** Milliseconds. */
  readonly time: number;
}

/** @param sha256 of the signed bytes, lower hex */
export function keyOf(hubClass: string, sha256: string): Buffer {
  return createHash('sha256').update(`${hubClass}\n${sha256}`).digest().subarray(0, KEY_BYTES);
}

export function writeSighting(key: Buffer, { kind, row, number, time }: Sighting): Buffer {
  const bytes = Buffer.alloc(RECORD_BYTES);
  key.copy(bytes, 0, 0, KEY_BYTES);
  // A leaf before the records that are of it.
  bytes.writeUInt8(kind === 'leaf' ? 0 : 1, SOURCE_AT);
  bytes.writeUInt16BE(row, ROW_AT);
  bytes.writeUIntBE(number, NUMBER_AT, NUMBER_BYTES);
  bytes.writeUIntBE(Math.max(0, Math.trunc(time) || 0), TIME_AT, NUMBER_BYTES);
  return bytes;
}

/** What was seen under one key: leaves first, then records by row and offset. */
export interface Sightings {
  /** Lower hex. */
  readonly key: string;
  readonly leaves: readonly Sighting[];
  readonly records: readonly Sighting[];
}

/** Neighbours of one key. */
export function* sightingsIn(sorted: readonly Buffer[]): Generator<Sightings> {
  for (let start = 0; start < sorted.length;) {
    const key = keyIn(sorted[start]);
    let end = start + 1;
    while (end < sorted.length && keyIn(sorted[end]).equals(key)) end += 1;
    const seen = sorted.slice(start, end).map((bytes) => readSighting(bytes));
    yield {
      key: key.toString('hex'),
      leaves: seen.filter(({ kind }) => kind === 'leaf'),
      records: seen.filter(({ kind }) => kind === 'record'),
    };
    start = end;
  }
}

function readSighting(bytes: Buffer): Sighting {
  return {
    kind: bytes.readUInt8(SOURCE_AT) === 0 ? 'leaf' : 'record',
    row: bytes.readUInt16BE(ROW_AT),
    number: bytes.readUIntBE(NUMBER_AT, NUMBER_BYTES),
    time: bytes.readUIntBE(TIME_AT, NUMBER_BYTES),
  };
}

function keyIn(bytes: Buffer | undefined): Buffer {
  return (bytes ?? Buffer.alloc(RECORD_BYTES)).subarray(0, KEY_BYTES);
}
