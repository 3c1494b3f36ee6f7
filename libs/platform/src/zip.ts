/** Pairs of what stands at the same place in two lists. @throws RangeError if one is longer than the other */
export function zip<A, B>(some: readonly A[], others: readonly B[]): [A, B][] {
  if (some.length !== others.length)
    throw new RangeError(`${some.length} and ${others.length} make no pairs`);
  return some.map((one, place) => [one, others[place] as B]);
}
