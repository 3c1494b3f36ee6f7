/** Works on items some at a time, and gives the results in the items' order. A failure ends it when its turn comes. */
export async function* ahead<Item, Result>(
  most: number,
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<readonly [Item, Result]> {
  const underway: { readonly item: Item; readonly result: Promise<Result> }[] = [];
  const start = (item: Item): void => {
    const result = work(item);
    // It is awaited in its turn; until then its failure is nobody's surprise.
    result.catch(() => undefined);
    underway.push({ item, result });
  };
  let next = 0;
  while (next < items.length || underway.length > 0) {
    while (underway.length < most && next < items.length) {
      const item = items[next];
      next += 1;
      if (item !== undefined) start(item);
    }
    const first = underway.shift();
    if (first !== undefined) yield [first.item, await first.result];
  }
}
