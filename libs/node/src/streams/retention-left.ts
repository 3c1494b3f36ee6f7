import { bisect } from '#platform';

/** 90 days are told to about two hours. */
const PRECISION = 1 / 1024;

/**
 * How long the first unhandled record of a partition will still be there, in milliseconds: what is left of the topic's
 * retention at its age. The age is found by asking the broker where the records of an instant begin, so nothing is read.
 * It is told too low rather than too high, by less than a thousandth of the retention.
 * @param position offset of the first record that was not handled
 * @param retentionMs for how long the topic keeps records
 * @param offsetAt the offset of the first record that is not older than that
 */
export async function retentionLeft(
  position: bigint,
  retentionMs: number,
  offsetAt: (ageMs: number) => Promise<bigint>,
): Promise<number> {
  // The record is older than an age if those that are not begin behind it.
  const { high } = await bisect(
    { low: 0, high: retentionMs },
    retentionMs * PRECISION,
    async (age) => (await offsetAt(age)) > position,
  );
  return retentionMs - high;
}
