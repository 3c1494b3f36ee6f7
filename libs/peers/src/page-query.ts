import { PAGE_BYTES, PAGE_EVENTS } from './event-pages.ts';

/** Whether there are more rows than those that a `pageQuery` gave. */
export function hasMore(rows: readonly { readonly total: number }[]): boolean {
  return (rows[0]?.total ?? 0) > rows.length;
}

/**
 * SQL for the first of some rows that fit into one answer (a single one that is larger than a page comes alone), with
 * `total`: how many rows were looked at. More than came means that there are more.
 * @param rows a `select` of the rows with the columns `place` (their order) and `size` (bytes)
 * @param columns what the answer needs of them
 */
export function pageQuery(rows: string, columns: string): string {
  return `select ${columns}, total
    from (
      select *, row_number() over w as n, sum(size) over w as so_far, (count(*) over ())::int as total
      from (${rows} order by place limit ${PAGE_EVENTS + 1}) wanted
      window w as (order by place)
    ) counted
    where n <= ${PAGE_EVENTS} and (so_far <= ${PAGE_BYTES} or n = 1) order by place`;
}
