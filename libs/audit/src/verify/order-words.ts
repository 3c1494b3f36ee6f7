/** What is said of leaves that do not go together. */

export function leafTwice(first: number): string {
  return `leaf ${first} is about the same, in the same part`;
}

export const EVENT_IS_NO_LEAF = 'the event that it is about is no leaf';

export function positionTwice(position: number): string {
  return `position ${position} was given to another event, too`;
}

export function positionsMissing(from: number, to: number): string {
  const missing = from === to ? `position ${from}` : `positions ${from} to ${to}`;
  return `${missing} of its practice: no decision in the log`;
}
