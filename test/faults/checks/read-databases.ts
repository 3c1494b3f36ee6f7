/** What every node holds at this moment, read from its own database: bytes as they are stored. */
import pg from 'pg';
import { readPack } from '#audit';
import type { PracticeState } from '#contracts';
import { TILE_WIDTH } from '#tlog';
import type { FaultNetwork } from '../network/fault-network.ts';
import type { FaultNode } from '../network/fault-node.ts';

/** An event with its decision, at the router or at an authority. */
export interface HeldEvent {
  readonly author: string;
  readonly eventId: string;
  /** `<owner>/<uuid>` */
  readonly practice: string;
  readonly position: number | null;
  readonly bytes: Buffer;
  readonly decision: Buffer | null;
  readonly status: string;
}

export interface HeldReceipt {
  readonly author: string;
  readonly eventId: string;
  readonly by: string;
  readonly kind: string;
  readonly bytes: Buffer;
}

/** How often something is there; never more than once, if all is well. */
export interface Times {
  readonly author: string;
  readonly eventId: string;
  readonly times: number;
}

export interface AuthorityHolds {
  readonly name: string;
  readonly events: readonly HeldEvent[];
  readonly receipts: readonly HeldReceipt[];
  readonly states: ReadonlyMap<string, PracticeState>;
  /** How often each event was told to the body's own system. */
  readonly told: readonly Times[];
  /** Events that `seen` names. */
  readonly seen: ReadonlySet<string>;
  /** Documents that are not complete, by event. */
  readonly missing: readonly { readonly eventId: string; readonly status: string }[];
  /** Events that name documents. */
  readonly withDocuments: ReadonlySet<string>;
}

/** A leaf of the log with its archived bytes. */
export interface Leaf {
  readonly index: number | null;
  readonly kind: 'event' | 'decision' | 'receipt';
  readonly author: string;
  readonly eventId: string;
  readonly speaker: string;
  readonly receiptKind: string;
  readonly entry: Buffer;
  readonly bytes: Buffer | null;
}

export interface Holdings {
  readonly routed: readonly HeldEvent[];
  readonly authorities: readonly AuthorityHolds[];
  readonly leaves: readonly Leaf[];
  readonly checkpoint: { readonly size: number; readonly note: Buffer } | null;
  /** What stands still, in words: parked, refused, waiting, unsent. */
  readonly standing: readonly string[];
}

type Ask = <Row extends object>(sql: string) => Promise<Row[]>;

export async function readHoldings(network: FaultNetwork): Promise<Holdings> {
  const [routed, log, ...authorities] = await Promise.all([
    asking(network.node('router-1'), readRouted),
    asking(network.node('auditor'), readLog),
    ...network.authorities.map((node) => asking(node, (ask) => readAuthority(node.name, ask))),
  ]);
  const standing = await Promise.all(
    network.nodes.map((node) => asking(node, (ask) => readStanding(node, ask))),
  );
  return { routed, ...log, authorities, standing: standing.flat() };
}

async function asking<T>(node: FaultNode, use: (ask: Ask) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: node.database, connectionTimeoutMillis: 20_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    // Of one moment: what is compared with each other must not have gone on in between.
    await client.query('start transaction isolation level repeatable read read only');
    return await use(async <Row extends object>(sql: string) => (await client.query<Row>(sql)).rows);
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function readRouted(ask: Ask): Promise<HeldEvent[]> {
  return await ask<HeldEvent>(
    `select author, event_id as "eventId", owner || '/' || uuid as practice, position, bytes, decision,
            'accepted' as status from routed_event order by owner, uuid, position`,
  );
}

async function readAuthority(name: string, ask: Ask): Promise<AuthorityHolds> {
  const events = await ask<HeldEvent>(
    `select author, event_id as "eventId", owner || '/' || uuid as practice, position, bytes, decision, status
     from event`,
  );
  const receipts = await ask<HeldReceipt>(
    'select author, event_id as "eventId", by, kind, bytes from receipt',
  );
  const states = await ask<{ practice: string; state: PracticeState | null }>(
    `select owner || '/' || uuid as practice, state from practice`,
  );
  const told = await ask<Times>(
    `select author, event_id as "eventId", count(*)::int as times from feed where kind = 'event' group by 1, 2`,
  );
  const seen = await ask<{ key: string }>(`select author || '/' || event_id as key from seen`);
  const missing = await ask<{ eventId: string; status: string }>(
    `select event_id as "eventId", status from document where status <> 'complete'`,
  );
  const named = await ask<{ key: string }>(`select distinct author || '/' || event_id as key from document`);
  return {
    name,
    events,
    receipts,
    states: new Map(states.flatMap(({ practice, state }) => (state === null ? [] : [[practice, state]]))),
    told,
    seen: new Set(seen.map(({ key }) => key)),
    missing,
    withDocuments: new Set(named.map(({ key }) => key)),
  };
}

async function readLog(ask: Ask): Promise<Pick<Holdings, 'leaves' | 'checkpoint'>> {
  const leaves = await ask<Omit<Leaf, 'index'> & { readonly index: string | null }>(
    `select l.index, e.kind, e.author, e.event_id as "eventId", e.speaker, e.receipt_kind as "receiptKind", e.entry,
            a.bytes
     from log_entry e left join log_leaf l on l.entry = e.id left join archived a using (sha256) order by l.index`,
  );
  const packed = await readPacks(ask);
  const [head] = await ask<{ size: string; note: Buffer }>(
    'select size, note from checkpoint order by size desc limit 1',
  );
  return {
    leaves: leaves.map((leaf) => {
      const index = leaf.index === null ? null : Number(leaf.index);
      return { ...leaf, index, bytes: leaf.bytes ?? packed[index ?? -1] ?? null };
    }),
    checkpoint: head === undefined ? null : { size: Number(head.size), note: head.note },
  };
}

/** The archived bytes that are no rows any more, by the index of their leaf: packs are made from the first bundle on. */
async function readPacks(ask: Ask): Promise<readonly (Buffer | null)[]> {
  const packs = await ask<{ bytes: Buffer }>('select bytes from archive_pack order by index');
  const items = await Promise.all(packs.map(({ bytes }) => readPack(bytes, TILE_WIDTH)));
  return items.flat();
}

/** What must not be there once all is calm. */
async function readStanding({ name, app }: FaultNode, ask: Ask): Promise<string[]> {
  const found = [await counted(ask, `${name}: records not sent`, 'outbox where sent_at is null')];
  if (app === 'router' || app === 'authority') {
    const parked = await ask<{ code: string; reason: string }>(
      `select code, reason from quarantine where status = 'parked'`,
    );
    found.push(...parked.map(({ code, reason }) => `${name}: parked, ${code}: ${reason}`));
  }
  if (app === 'router') found.push(await counted(ask, `${name}: events behind a gap`, 'waiting_event'));
  if (app === 'auditor') {
    found.push(...(await notWitnessed(ask)));
    const refused = await ask<{ code: string; reason: string; topic: string }>(
      'select code, reason, topic from refused where passed_at is null',
    );
    found.push(
      ...refused.map(({ code, reason, topic }) => `${name}: refused of ${topic}, ${code}: ${reason}`),
    );
  }
  return found.filter((line) => line !== '');
}

/** The witnesses are asked for the newest checkpoint only, and one that was away is let rest. */
async function notWitnessed(ask: Ask): Promise<string[]> {
  const [row] = await ask<{ size: string; witnessed: string }>(
    `select coalesce(max(c.size), 0) as size, coalesce((select max(size) from witnessed_checkpoint), 0) as witnessed
     from checkpoint c`,
  );
  if (row === undefined || row.size === row.witnessed) return [];
  return [`the log has ${row.size} leaves, of which ${row.witnessed} are witnessed`];
}

async function counted(ask: Ask, what: string, where: string): Promise<string> {
  const [row] = await ask<{ n: number }>(`select count(*)::int as n from ${where}`);
  return row === undefined || row.n === 0 ? '' : `${what}: ${row.n}`;
}
