/**
 * Arrays as parameters of a statement, in the form in which PostgreSQL keeps them on the wire (`array_recv`). The driver
 * would write an array as one literal text, with each element quoted, and the server would read it letter by letter. The
 * statement says which type it takes (`$1::text[]`); another one fails.
 */

/** As in `pg_type`. */
const OID = { int4: 23, int8: 20, text: 25, bool: 16, uuid: 2950 } as const;
/** Dimensions, whether there are nulls, type of the elements; then of the one dimension, its length and its first index. */
const HEAD_BYTES = 20;
/** Of an array without elements, which has no dimension. */
const EMPTY_BYTES = 12;
const LENGTH_BYTES = 4;
const NULL_LENGTH = -1;

interface Shape<Value> {
  readonly oid: number;
  readonly sizeOf: (value: Value) => number;
  /** Writes the value at a place of the array. */
  readonly write: (array: Buffer, value: Value, at: number) => void;
}

function arrayOf<Value>({ oid, sizeOf, write }: Shape<Value>, values: readonly (Value | null)[]): Buffer {
  let total = values.length === 0 ? EMPTY_BYTES : HEAD_BYTES;
  for (const value of values) total += LENGTH_BYTES + (value === null ? 0 : sizeOf(value));
  const array = Buffer.alloc(total);
  array.writeInt32BE(values.length === 0 ? 0 : 1, 0);
  array.writeInt32BE(values.includes(null) ? 1 : 0, 4);
  array.writeInt32BE(oid, 8);
  if (values.length === 0) return array;
  array.writeInt32BE(values.length, 12);
  array.writeInt32BE(1, 16);
  let at = HEAD_BYTES;
  for (const value of values) {
    const size = value === null ? NULL_LENGTH : sizeOf(value);
    array.writeInt32BE(size, at);
    at += LENGTH_BYTES;
    if (value === null) continue;
    write(array, value, at);
    at += size;
  }
  return array;
}

const TEXT: Shape<string> = {
  oid: OID.text,
  sizeOf: (value) => Buffer.byteLength(value),
  write: (array, value, at) => array.write(value, at),
};
const UUID: Shape<string> = {
  oid: OID.uuid,
  sizeOf: () => 16,
  write: (array, value, at) => {
    const hex = value.replaceAll('-', '');
    if (hex.length !== 32 || array.write(hex, at, 'hex') !== 16) throw new RangeError(`no UUID: ${value}`);
  },
};
const INT4: Shape<number> = {
  oid: OID.int4,
  sizeOf: () => 4,
  write: (array, value, at) => array.writeInt32BE(value, at),
};
const INT8: Shape<number> = {
  oid: OID.int8,
  sizeOf: () => 8,
  write: (array, value, at) => array.writeBigInt64BE(BigInt(value), at),
};
const BOOL: Shape<boolean> = {
  oid: OID.bool,
  sizeOf: () => 1,
  write: (array, value, at) => array.writeUInt8(value ? 1 : 0, at),
};

/** For `$n::text[]`. */
export const textArray = (values: readonly (string | null)[]): Buffer => arrayOf(TEXT, values);
/** For `$n::uuid[]`. @throws RangeError for what is no UUID */
export const uuidArray = (values: readonly (string | null)[]): Buffer => arrayOf(UUID, values);
/** For `$n::int[]`. @throws RangeError for what does not fit */
export const intArray = (values: readonly (number | null)[]): Buffer => arrayOf(INT4, values);
/** For `$n::bigint[]`. @throws RangeError for what is no whole number */
export const bigintArray = (values: readonly (number | null)[]): Buffer => arrayOf(INT8, values);
/** For `$n::bool[]`. */
export const boolArray = (values: readonly (boolean | null)[]): Buffer => arrayOf(BOOL, values);
