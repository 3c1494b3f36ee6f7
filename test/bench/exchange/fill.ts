/** Fills the tables of a network that does not run with events as they would be after a long time. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import pg from 'pg';
import { createDataSource, UnitOfWork } from '#persistence';
import { CompactRange, parseSkey, rootAddresses, TILE_WIDTH, type StoredNode } from '#tlog';
import { latestCheckpoint, publishCheckpoint } from '../../../apps/auditor/src/log/checkpoints.ts';
import { loadHashes, storeHashes } from '../../../apps/auditor/src/log/node-hashes.ts';
import { placesIn } from '../../../apps/cli/src/network/home.ts';
import { AUTHOR, RECIPIENTS } from './catalogue.ts';
import type { BenchNetwork } from './network.ts';

/** Bytes of each stored event and decision: kept outside of the row, where nothing of the hot path looks. */
const STORED_BYTES = 256;
/** Refused ones: their bytes are not on this disk, and of complete ones a node would begin to fetch two million back. */
const DOCUMENTS = 2;
const LEAVES = 2 + RECIPIENTS.length;
/** Rows of one statement. */
const CHUNK = 50_000;

/** What every statement draws from: practices `from` to `to`, ids that follow from the number, and the author. */
const GIVEN = `with n as (
  select i, md5('practice' || i)::uuid as uuid, md5('event' || i)::uuid as id, '${AUTHOR}' as author,
    decode(repeat(md5('bytes' || i), ${STORED_BYTES / 16}), 'hex') as bytes, md5(i::text) || md5('d' || i) as digest,
    '${AUTHOR}/2025/' || lpad(i::text, 7, '0') as cui, timestamptz '2025-01-01' + i * interval '10 s' as at
  from generate_series($1::bigint, $2::bigint) as i) `;

const PARTICIPANTS = JSON.stringify(
  [AUTHOR, ...RECIPIENTS].map((ipa) => ({ ipa, joined: true, part: ipa === AUTHOR ? 'owner' : 'opinion' })),
);

const SEEN = `insert into seen (author, event_id, signed_info_digest) select author, id, decode(digest, 'hex') from n`;
const FEED = `insert into feed (kind, owner, uuid, author, event_id, type, position, at)
  select 'event', author, uuid, author, id, 'practice.filed', 1, at from n`;
const NODE = [
  `insert into practice (owner, uuid, cui, procedure_code, procedure_version, part, territory, filing_event, filed_at,
     state, state_code, position, participants)
   select author, uuid, cui, 'edilizia.scia', 1, 'opinion', '019036', id, at, '{"position":1}', 'started', 1,
     '${PARTICIPANTS}' from n`,
  `insert into event (author, event_id, owner, uuid, number, type, time, bytes, digest, signed_info_digest, position,
     decision, status, received_at)
   select author, id, author, uuid, 1, 'practice.filed', at, bytes, digest, digest, 1, bytes, 'accepted', at from n`,
  SEEN,
  FEED,
];
const STATEMENTS: Readonly<Record<'author' | 'recipient' | 'router' | 'auditor', readonly string[]>> = {
  author: [
    ...NODE,
    `insert into outbox (topics, key, payload, headers, sent_at)
     select array['practice.outbox.' || author], author || '/' || uuid, bytes, '{}', at from n`,
    `insert into receipt (author, event_id, by, kind, position, time, bytes)
     select author, id, by, 'received', 1, at, bytes from n, unnest(array['${RECIPIENTS.join("','")}']) as by`,
  ],
  recipient: [
    ...NODE,
    `insert into document (owner, uuid, document_id, author, event_id, role, media_type, size, salted_digest, status)
     select author, uuid, md5(id::text || d)::uuid, author, id, 'attachment', 'application/pdf', 1, digest, 'refused'
     from n, generate_series(1, ${DOCUMENTS}) as d`,
    `insert into outbox (topics, key, payload, headers, sent_at)
     select array['practice.receipts'], author || '/' || uuid, bytes, '{}', at from n`,
  ],
  router: [
    `insert into routed_practice (owner, uuid, cui, procedure_code, procedure_version, participants, last_position)
     select author, uuid, cui, 'edilizia.scia', 1, '${PARTICIPANTS}', 1 from n`,
    `insert into routed_event (author, event_id, owner, uuid, position, number, digest, registry_number, bytes, decision,
       decided_at, type, signer)
     select author, id, author, uuid, 1, 1, digest, 1, bytes, bytes, at, 'practice.filed', repeat('a', 64) from n`,
    `insert into author_head (owner, uuid, author, number, digest) select author, uuid, author, 1, digest from n`,
    SEEN,
    `insert into outbox (topics, key, payload, headers, sent_at)
     select array['practice.inbox.' || author], author || '/' || uuid, bytes, '{}', at from n, generate_series(1, 2)`,
  ],
  auditor: [
    `insert into log_entry (kind, author, event_id, speaker, receipt_kind, owner, uuid, content_digest, sha256, decided,
       entry)
     select k.kind, author, id, k.speaker, k.receipt, author, uuid, decode(digest, 'hex'), decode(digest, 'hex'),
       case when k.kind = 'decision' then decode(digest, 'hex') end, bytes
     from n, (values (1, 'event', '', ''), (2, 'decision', '', ''),
       ${RECIPIENTS.map((ipa, index) => `(${index + 3}, 'receipt', '${ipa}', 'received')`).join(', ')})
       as k(n, kind, speaker, receipt)`,
    // Those just written, in an order of their own: the hashes of the tree are invented, and follow from the index.
    `insert into log_leaf (index, entry, hash, author)
     select index, entry, sha256(convert_to('leaf ' || index, 'UTF8')), author
     from (select $3::bigint + row_number() over (order by e.id) - 1 as index, e.id as entry,
         case when e.kind = 'event' then n.author end as author
       from n join log_entry e on e.event_id = n.id) as placed`,
    `insert into archive (sha256, bytes)
     select sha256(convert_to(i || '/' || k, 'UTF8')), bytes from n, generate_series(1, ${LEAVES}) as k`,
  ],
};

/** Practices `from` to `to` (each with one event) at every node that runs in the bench; the nodes must be stopped. */
export async function fillNetwork(network: BenchNetwork, from: number, to: number): Promise<void> {
  await Promise.all([
    fill(network.database(AUTHOR), STATEMENTS.author, from, to),
    ...RECIPIENTS.map((ipa) => fill(network.database(ipa), STATEMENTS.recipient, from, to)),
    fill(network.database('router-1'), STATEMENTS.router, from, to),
    fillLog(network, from, to),
  ]);
}

async function fill(
  url: string,
  statements: readonly string[],
  from: number,
  to: number,
  firstIndex?: number,
): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  for (let start = from; start <= to; start += CHUNK) {
    const end = Math.min(to, start + CHUNK - 1);
    for (const statement of statements) {
      const index = firstIndex === undefined ? [] : [firstIndex + (start - from) * LEAVES];
      await client.query(GIVEN + statement, statement.includes('$3') ? [start, end, ...index] : [start, end]);
    }
  }
  await client.query('vacuum analyze');
  await client.end();
}

/** A log of that many more leaves, with the hashes of its tree and a signed checkpoint: the writer goes on from it. */
async function fillLog(network: BenchNetwork, from: number, to: number): Promise<void> {
  const url = network.database('auditor');
  const signer = parseSkey((await readFile(placesIn(network.home).logKey, 'utf8')).trim());
  const source = await createDataSource({ url, name: 'bench', migrations: [], statementTimeoutMs: 0 });
  const work = new UnitOfWork(source);
  try {
    const head = await work.run((tx) => latestCheckpoint(tx));
    if (head === null) throw new Error('the log has no checkpoint yet');
    const leaves = (to - from + 1) * LEAVES;
    const range = await work.run(async (tx) => {
      const addresses = rootAddresses(head.size);
      const hashAt = await loadHashes(tx, addresses);
      return CompactRange.from(
        head.size,
        addresses.flatMap(({ level, index }) => hashAt(level, index) ?? []),
      );
    });
    for (let done = 0; done < leaves;) {
      const nodes: StoredNode[] = [];
      for (const end = Math.min(leaves, done + CHUNK); done < end; done += 1) {
        nodes.push(
          ...range.append(
            createHash('sha256')
              .update(`leaf ${head.size + done}`)
              .digest(),
          ),
        );
      }
      await work.run(async (tx) => {
        storeHashes(tx, nodes);
        await Promise.resolve();
      });
    }
    await fill(url, STATEMENTS.auditor, from, to, head.size);
    await work.run(async (tx) => {
      // What is invented is no signed document: the archive is packed from behind it on.
      tx.write(
        `insert into archive_pack (index, heads, bytes) values ($1, array_fill(0::bigint, array[256]), '')`,
        [Math.ceil(range.size / TILE_WIDTH) - 1],
      );
      publishCheckpoint(tx, signer, { previous: head.size, size: range.size, root: range.root() });
      await Promise.resolve();
    });
  } finally {
    await source.destroy();
  }
}
