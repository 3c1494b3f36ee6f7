/** `regist`, in ASCII: what a name of a registry entry begins with, so that people know one when they see it. */
const PREFIX = '72656769-7374-8000-8000-';
/** Hexadecimal digits of the number. */
const DIGITS = 12;

/**
 * The event id under which an entry of the registry's chain stands in the log: a UUIDv8 (RFC 9562 §5.8) that says the
 * entry's number and nothing else, so that two entries of one number can never both be leaves.
 * @param number from 1
 */
export function registryEntryId(number: number): string {
  if (!Number.isSafeInteger(number) || number < 1 || number >= 16 ** DIGITS)
    throw new RangeError(`${number} is not the number of a registry entry`);
  return `${PREFIX}${number.toString(16).padStart(DIGITS, '0')}`;
}
