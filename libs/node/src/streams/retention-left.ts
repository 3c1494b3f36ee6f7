/** Bisections: 90 days are told to about two hours. */
const STEPS = 10;

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
  let younger = 0;
  let older = retentionMs;
  for (let step = 0; step < STEPS; step += 1) {
    const age = (younger + older) / 2;
    // The record is not older than `age` if those that are not begin at it or before it.
    if ((await offsetAt(age)) <= position) older = age;
    else younger = age;
  }
  return retentionMs - older;
}
