/**
 * When work in a queue is due: one rule for every table with a `next_attempt_at`. A node's own clock may run ahead for a
 * while; what it noted then would wait for as long as it was ahead. So a queue's time is the earlier of two clocks, the
 * node's and the database's, when it is written and when it is looked at. Where the two differ for long, both sides of the
 * comparison differ alike. The database's clock alone would not do: it is not the one that is injected.
 */

/**
 * SQL for the present moment of a queue. A node's clock tells milliseconds, the database's microseconds: to the end of
 * its millisecond, or what was noted a moment ago would not be due yet.
 * @param now the parameter (`$1`) with what the node's clock says
 */
export function queueNow(now: string): string {
  return `least(${now}::timestamptz + interval '1 millisecond', now())`;
}

/**
 * SQL for a moment that was reckoned by the node's clock, taken back by as much as that clock is ahead of the database's.
 * @param at the parameter with the moment; null stays null
 * @param now the parameter with what the node's clock says
 */
export function dueAt(at: string, now: string): string {
  return `(${at}::timestamptz - greatest(${now}::timestamptz - now(), interval '0'))`;
}
