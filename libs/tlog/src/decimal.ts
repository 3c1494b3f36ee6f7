/** A count in its one decimal spelling: digits, no sign, no leading zeroes, at most 2^53−1. Undefined otherwise. */
export function parseCount(text: string): number | undefined {
  if (!/^(0|[1-9][0-9]{0,15})$/.test(text)) return undefined;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : undefined;
}
