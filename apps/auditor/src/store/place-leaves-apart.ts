import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * An entry is written once: what waits, and which index an entry has got, are tables of their own. While the index was a
 * column of the entry, giving it wrote the whole row again, and one entry in each of its indexes.
 *
 * The column goes: an older instance that still found it would take every new entry for one that waits.
 */
export class PlaceLeavesApart1767225604300 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table log_leaf (
        index bigint primary key check (index >= 0),
        entry bigint not null unique,
        hash bytea not null check (length(hash) = 32),
        -- Of an event, in lower case: what a restored node asks for is its newest events.
        author text
      )`);
    await runner.query(`
      insert into log_leaf (index, entry, hash, author)
      select e.index, e.id, n.hash, case when e.kind = 'event' then lower(e.author) end
      from log_entry e left join node_hash n on n.level = 0 and n.index = e.index
      where e.index is not null order by e.index`);
    await runner.query(
      'create index log_leaf_author on log_leaf (author, index desc) where author is not null',
    );
    await runner.query(`
      create table log_waiting (
        entry bigint primary key,
        hash bytea not null check (length(hash) = 32),
        author text
      )`);
    await runner.query(`
      insert into log_waiting (entry, hash, author)
      select e.id, sha256('\\x00'::bytea || e.entry), case when e.kind = 'event' then lower(e.author) end
      from log_entry e where e.index is null`);
    // The hashes of the leaves are with the leaves.
    await runner.query('delete from node_hash where level = 0');
    // Its indexes go with it: of what waits, by practice, by author.
    await runner.query('alter table log_entry drop column index');
    await runner.query('create index log_entry_practice on log_entry (uuid)');
    // What is one leaf is found by the event's id first: no index of the id alone is needed.
    await runner.query('drop index log_entry_once');
    await runner.query('drop index log_entry_event');
    await runner.query(
      'create unique index log_entry_once on log_entry (event_id, kind, lower(author), lower(speaker), receipt_kind)',
    );
    await runner.query(`create index refused_parked on refused (digest) where status = 'parked'`);
    // XML with signatures in base64 shrinks by a fifth, at more than half of the database's time for a leaf.
    await runner.query('alter table archive alter column bytes set storage external');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table archive alter column bytes set storage extended');
    await runner.query('drop index refused_parked');
    await runner.query('drop index log_entry_once');
    await runner.query('drop index log_entry_practice');
    await runner.query('alter table log_entry add column index bigint unique check (index >= 0)');
    await runner.query('update log_entry e set index = l.index from log_leaf l where l.entry = e.id');
    await runner.query('insert into node_hash (level, index, hash) select 0, index, hash from log_leaf');
    await runner.query('drop table log_waiting');
    await runner.query('drop table log_leaf');
    for (const index of FORMER_INDEXES) await runner.query(index);
  }
}

const FORMER_INDEXES = [
  'create unique index log_entry_once on log_entry (kind, lower(author), event_id, lower(speaker), receipt_kind)',
  'create index log_entry_waiting on log_entry (id) where index is null',
  'create index log_entry_event on log_entry (event_id)',
  'create index log_entry_practice on log_entry (uuid, lower(owner), index)',
  `create index log_entry_author on log_entry (lower(author), index desc) where kind = 'event' and index is not null`,
] as const;
