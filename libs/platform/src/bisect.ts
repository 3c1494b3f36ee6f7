/** What is sought lies above `low`, and at `high` or below. */
export interface Range {
  readonly low: number;
  readonly high: number;
}

/**
 * Halves a range until it is no wider than `precision`, asking each time on which side of the middle lies what is sought.
 * @param liesAbove true if it lies above that number
 */
export async function bisect(
  { low, high }: Range,
  precision: number,
  liesAbove: (middle: number) => Promise<boolean>,
): Promise<Range> {
  while (high - low > precision) {
    const middle = (low + high) / 2;
    if (await liesAbove(middle)) low = middle;
    else high = middle;
  }
  return { low, high };
}
