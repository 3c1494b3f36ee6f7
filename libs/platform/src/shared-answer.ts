/**
 * Lets callers that ask at the same time, or soon after, have one answer: what several figures of one scrape are taken
 * from is read once. A failure is not kept: who asks next, asks anew.
 * @param forMs how long after the asking an answer is given again, milliseconds; 0: only while it is under way
 */
export function sharedAnswer<T>(ask: () => Promise<T>, forMs = 0): () => Promise<T> {
  let last: { readonly at: number; readonly answer: Promise<T>; isOpen: boolean } | undefined;
  return () => {
    if (last !== undefined && (last.isOpen || performance.now() - last.at < forMs)) return last.answer;
    const asked = { at: performance.now(), answer: ask(), isOpen: true };
    last = asked;
    asked.answer.then(
      () => {
        asked.isOpen = false;
      },
      () => {
        if (last === asked) last = undefined;
      },
    );
    return asked.answer;
  };
}
