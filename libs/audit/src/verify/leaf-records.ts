/** By what a leaf is found again among all others, and by what its place in its practice: 32 bytes each. */
import { hash } from 'node:crypto';
import type { LogEntry } from '#tlog';
import { RECORD_BYTES } from '../disk/record-files.ts';

export const KEY_BYTES = 16;
export const CLASS_BYTES = 8;
const NUMBER_BYTES = 6;
/** A position beyond is recorded as this one: an entry may state any number, and no practice gets there. */
const MOST = 2 ** (8 * NUMBER_BYTES) - 1;

type Kind = LogEntry['kind'];
const KINDS: readonly Kind[] = ['event', 'decision', 'receipt', 'action', 'registry', 'access'];

/** The class of what belongs to an event, and to a decision. */
const COUNTERPARTS: ReadonlyMap<Kind | undefined, Buffer> = new Map([
  ['event', classOf('decision')],
  ['decision', classOf('event')],
]);

/** Of leaves that follow each other. */
export interface LeafRecords {
  /** One of each leaf: (author, event id), what tells one leaf about it from another, kind, index. */
  readonly keys: Buffer;
  /** One of each decision: practice, position, index. */
  readonly positions: Buffer;
  /** The newest time that an entry states, milliseconds; 0 for none. */
  readonly newest: number;
}

/** Gathers the records of leaves. */
export class RecordsOfLeaves {
  readonly #keys: Buffer[] = [];
  readonly #positions: Buffer[] = [];
  #newest = 0;

  add(index: number, leaf: LogEntry): void {
    this.#newest = Math.max(this.#newest, Date.parse(leaf.time) || 0);
    this.#keys.push(keyRecord(index, leaf));
    if (leaf.kind === 'decision' && leaf.position !== null)
      this.#positions.push(positionRecord(index, leaf.position, leaf.practice));
  }

  all(): LeafRecords {
    return {
      keys: Buffer.concat(this.#keys),
      positions: Buffer.concat(this.#positions),
      newest: this.#newest,
    };
  }
}

export function indexOf(record: Buffer): number {
  return record.readUIntBE(RECORD_BYTES - NUMBER_BYTES, NUMBER_BYTES);
}

export function kindOf(record: Buffer): Kind | undefined {
  return KINDS[record.readUInt8(KEY_BYTES + CLASS_BYTES)];
}

export function positionOf(record: Buffer): number {
  return record.readUIntBE(KEY_BYTES, NUMBER_BYTES);
}

/** How the records of all leaves begin that are about the same, in the same part. */
export function sameAs(key: Buffer): Buffer {
  return key.subarray(0, KEY_BYTES + CLASS_BYTES);
}

/** How the record of an event's decision begins, and that of a decision's event; null for a leaf of another kind. */
export function counterpartOf(key: Buffer): Buffer | null {
  const other = COUNTERPARTS.get(kindOf(key));
  return other === undefined ? null : Buffer.concat([key.subarray(0, KEY_BYTES), other]);
}

/** How the records of a practice's decisions begin. */
export function practiceOf(position: Buffer): Buffer {
  return position.subarray(0, KEY_BYTES);
}

/** How the records of the decisions begin that are so many positions further in the practice. */
export function further(position: Buffer, by: number): Buffer {
  const prefix = Buffer.from(position.subarray(0, KEY_BYTES + NUMBER_BYTES));
  prefix.writeUIntBE(Math.min(positionOf(position) + by, MOST), KEY_BYTES, NUMBER_BYTES);
  return prefix;
}

function keyRecord(index: number, leaf: LogEntry): Buffer {
  const record = Buffer.alloc(RECORD_BYTES);
  // Of the registry there is one entry of a number, whoever signed it.
  const author = leaf.kind === 'registry' ? '' : leaf.author.toLowerCase();
  digestOf(author, leaf.eventId).copy(record, 0, 0, KEY_BYTES);
  // A receipt is one of its kind and of its speaker; IPA codes compare without regard to letter case.
  const about = leaf.kind === 'receipt' ? [leaf.by.toLowerCase(), leaf.type] : [];
  classOf(leaf.kind, ...about).copy(record, KEY_BYTES);
  record.writeUInt8(KINDS.indexOf(leaf.kind), KEY_BYTES + CLASS_BYTES);
  record.writeUIntBE(index, RECORD_BYTES - NUMBER_BYTES, NUMBER_BYTES);
  return record;
}

function positionRecord(
  index: number,
  position: number,
  practice: { readonly owner: string; readonly uuid: string },
): Buffer {
  const record = Buffer.alloc(RECORD_BYTES);
  digestOf(practice.owner.toLowerCase(), practice.uuid).copy(record, 0, 0, KEY_BYTES);
  record.writeUIntBE(Math.min(position, MOST), KEY_BYTES, NUMBER_BYTES);
  record.writeUIntBE(index, RECORD_BYTES - NUMBER_BYTES, NUMBER_BYTES);
  return record;
}

function classOf(kind: Kind, ...about: readonly string[]): Buffer {
  return digestOf(kind, ...about).subarray(0, CLASS_BYTES);
}

function digestOf(...parts: readonly string[]): Buffer {
  return hash('sha256', parts.join('\n'), 'buffer');
}
