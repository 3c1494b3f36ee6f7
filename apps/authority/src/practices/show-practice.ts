import type { ReadKind, Reader } from '#access-log';
import {
  parseDecision,
  parseSignedItem,
  stateDigest,
  type Decision,
  type EventId,
  type Participant,
} from '#contracts';
import { listEquivocations, type EquivocationView } from '#equivocations';
import { HubError } from '#errors';
import type { Tx } from '#persistence';
import { listGaps, type GapView } from '../gaps/gap-store.ts';
import type { NodeParts } from '../node-parts.ts';
import { findPractice, summaryOf, type PracticeRow, type PracticeSummary } from './practice-rows.ts';

/** One event of a practice as this node holds it. */
export interface EventView {
  readonly eventId: string;
  readonly author: string;
  readonly type: string;
  readonly number: number;
  /** Null while provisional, or parked by the router. */
  readonly position: number | null;
  readonly status: 'provisional' | 'accepted' | 'waiting' | 'parked' | 'replaced';
  /** The author's own event whose number this one took. */
  readonly replaces: string | null;
  /** The event that took this one's number. */
  readonly replacedBy: string | null;
  /** It fits no row of the life cycle: kept and shown, moved nothing. */
  readonly outOfFlow: boolean;
  /** Why the router parked it. */
  readonly parkedCode: string | null;
  /** The author's own time. */
  readonly time: string;
  /** When this node had it. */
  readonly at: string;
  /** SHA-256 of the signed bytes. */
  readonly digest: string;
}

/** A practice in full. */
export interface PracticeView extends PracticeSummary {
  /** SHA-256 of the folded state: equal on two nodes at one position means equal in every field. */
  readonly stateDigest: string | null;
  readonly events: readonly EventView[];
  readonly participants: readonly Participant[];
  readonly conclusions: readonly unknown[];
  readonly tasks: readonly unknown[];
  readonly terms: readonly unknown[];
  readonly documents: DocumentCount;
  /** The positions that are missing, when events wait for them. */
  readonly waiting: GapView | null;
  /** What an author of the practice has signed twice; the evidence is kept. */
  readonly equivocations: readonly EquivocationView[];
  /** Who said what of this node's own events. */
  readonly receipts: readonly ReceiptView[];
}

/** How far the documents of a practice are, and what was found of the signatures of citizens and professionals in them. */
export interface DocumentCount {
  readonly total: number;
  readonly complete: number;
  /**
   * All are here; some are on their way; their author does not give them; this node's disk has lost some that it had; a
   * manifest was refused, for an operator.
   */
  readonly state: 'complete' | 'fetching' | 'author-away' | 'lost' | 'refused';
  /** Since when the author does not give what is missing. */
  readonly awaySince: string | null;
  /** Since when this node knows that its disk has lost some; null where it has not. */
  readonly lostSince: string | null;
  readonly signatures: number;
  /** Of these: not valid, not checked, or followed by bytes that nobody signed. */
  readonly signaturesInDoubt: number;
  /** Documents whose check for signatures is still to come. */
  readonly unchecked: number;
}

export interface ReceiptView {
  readonly eventId: string;
  readonly by: string;
  readonly kind: string;
  readonly position: number;
  readonly time: string;
  readonly code: string | null;
}

/** An event as a caller names it; `owner` and `author` tell those of one id apart. */
export interface WantedEvent {
  readonly practice: string;
  readonly owner: string | undefined;
  readonly event: EventId;
  readonly author: string | undefined;
}

interface StoredEvent {
  readonly bytes: Buffer;
  readonly decision: Buffer | null;
}

export interface DecisionView {
  readonly decision: Decision;
  /** The signed item as it came, base64. */
  readonly signed: string;
}

/** Of one practice, as many are shown; all of them are in `GET /v1/equivocations`. */
const MAX_EQUIVOCATIONS = 100;

/** Shows practices and what belongs to them, and notes who has read it. */
export class ShowPractice {
  readonly #parts: Pick<NodeParts, 'work' | 'accesses'>;

  constructor(parts: Pick<NodeParts, 'work' | 'accesses'>) {
    this.#parts = parts;
  }

  /** @throws HubError `PRACTICE_NOT_FOUND`, `PRACTICE_AMBIGUOUS` */
  detail(id: string, owner: string | undefined, reader: Reader | null): Promise<PracticeView> {
    return this.#parts.work.answer(async (tx) => {
      const row = await this.#found(tx, { id, owner, reader, kind: 'practice' });
      return {
        ...summaryOf(row),
        stateDigest: row.state && stateDigest(row.state),
        events: await eventsOf(tx, row),
        participants: row.participants,
        conclusions: row.state?.conclusions ?? [],
        tasks: row.state?.tasks ?? [],
        terms: row.state?.terms ?? [],
        documents: await documentCount(tx, row),
        waiting: (await listGaps(tx, { of: row, limit: 1 }))[0] ?? null,
        equivocations: await listEquivocations(tx, { of: row, limit: MAX_EQUIVOCATIONS }),
        receipts: await receiptsOf(tx, row),
      };
    });
  }

  /** The events of a practice: placed ones by position, then those without one. */
  events(id: string, owner: string | undefined, reader: Reader | null): Promise<readonly EventView[]> {
    return this.#parts.work.answer(async (tx) =>
      eventsOf(tx, await this.#found(tx, { id, owner, reader, kind: 'events' })),
    );
  }

  /** An event's signed bytes, and its signed decision once it has one. @throws HubError `EVENT_NOT_FOUND`, `EVENT_AMBIGUOUS` */
  storedEvent(
    wanted: WantedEvent,
    reader: Reader | null,
    kind: 'event' | 'decision' = 'event',
  ): Promise<StoredEvent> {
    return this.#parts.work.answer(async (tx) => {
      const practice = await findPractice(tx, wanted.practice, wanted.owner);
      const rows = await tx.query<StoredEvent>(
        `select bytes, decision from event
         where owner = $1 and uuid = $2 and event_id = $3 and ($4::text is null or lower(author) = lower($4))`,
        [practice.owner, practice.uuid, wanted.event, wanted.author ?? null],
      );
      const [row] = rows;
      if (!row)
        throw new HubError('EVENT_NOT_FOUND', `practice ${practice.cui} has no event ${wanted.event}`);
      if (rows.length === 1) {
        await this.#parts.accesses.note(tx, reader, { kind, practice, id: wanted.event });
        return row;
      }
      throw new HubError('EVENT_AMBIGUOUS', `${rows.length} authors have used the event id ${wanted.event}`);
    });
  }

  /** What the decision that placed an event says, and its bytes. @throws HubError as `storedEvent` */
  async decision(wanted: WantedEvent, reader: Reader | null): Promise<DecisionView> {
    const { decision } = await this.storedEvent(wanted, reader, 'decision');
    if (decision === null) throw new HubError('EVENT_NOT_FOUND', `event ${wanted.event} has no decision yet`);
    return {
      decision: parseDecision(parseSignedItem(decision).item),
      signed: decision.toString('base64'),
    };
  }

  /** The signed receipt of filing; only the owner's node has it. @throws HubError `RECEIPT_NOT_HERE` */
  filingReceipt(id: string, owner: string | undefined, reader: Reader | null): Promise<Buffer> {
    return this.#parts.work.answer(async (tx) => {
      const practice = await this.#found(tx, { id, owner, reader, kind: 'filing-receipt' });
      const [row] = await tx.query<{ bytes: Buffer }>(
        'select bytes from filing_receipt where owner = $1 and uuid = $2',
        [practice.owner, practice.uuid],
      );
      if (row) return row.bytes;
      throw new HubError(
        'RECEIPT_NOT_HERE',
        `the receipt of ${practice.cui} was issued by ${practice.owner}`,
      );
    });
  }

  /** A practice that somebody reads. */
  async #found(
    tx: Tx,
    {
      id,
      owner,
      reader,
      kind,
    }: { id: string; owner: string | undefined; reader: Reader | null; kind: ReadKind },
  ): Promise<PracticeRow> {
    const practice = await findPractice(tx, id, owner);
    await this.#parts.accesses.note(tx, reader, { kind, practice, id: null });
    return practice;
  }
}

async function eventsOf(tx: Tx, { owner, uuid }: PracticeRow): Promise<EventView[]> {
  const rows = await tx.query<Omit<EventView, 'time' | 'at'> & { time: Date; at: Date }>(
    `select event_id as "eventId", author, type, number, position, status, out_of_flow as "outOfFlow",
            parked_code as "parkedCode", time, received_at as at, digest, replaces,
            (select r.event_id from event r
              where r.author = event.author and r.replaces = event.event_id and r.uuid = event.uuid limit 1) as "replacedBy"
     from event where owner = $1 and uuid = $2 order by position nulls last, received_at, event_id`,
    [owner, uuid],
  );
  return rows.map((row) => ({ ...row, time: row.time.toISOString(), at: row.at.toISOString() }));
}

/** As `isClean` of `#signed-uploads` has it. */
const IN_DOUBT =
  '$.signatures[*] ? (@.integrity.status != "valid" || @.coverage.status == "changed-after-signing")';

type Since = 'awaySince' | 'lostSince';

async function documentCount(tx: Tx, { owner, uuid }: PracticeRow): Promise<DocumentCount> {
  const [row] = await tx.query<Omit<DocumentCount, Since> & Readonly<Record<Since, Date | null>>>(
    `select count(*)::int as total,
            (count(*) filter (where d.status = 'complete' and l.document_id is null))::int as complete,
            case when count(*) filter (where d.status = 'refused') > 0 then 'refused'
                 when count(l.document_id) > 0 then 'lost'
                 when count(*) filter (where d.status = 'author-away') > 0 then 'author-away'
                 when count(*) filter (where d.status = 'fetching') > 0 then 'fetching'
                 else 'complete' end as state,
            min(d.away_since) filter (where l.document_id is null) as "awaySince", min(l.found_at) as "lostSince",
            coalesce(sum(jsonb_array_length(s.report->'signatures')), 0)::int as signatures,
            coalesce(sum(jsonb_array_length(jsonb_path_query_array(s.report, $3))), 0)::int as "signaturesInDoubt",
            (count(*) filter (where s.next_attempt_at is not null))::int as unchecked
     from document d left join document_signatures s using (owner, uuid, document_id)
       left join lost_document l using (owner, uuid, document_id)
     where d.owner = $1 and d.uuid = $2`,
    [owner, uuid, IN_DOUBT],
  );
  if (row !== undefined)
    return {
      ...row,
      awaySince: row.awaySince?.toISOString() ?? null,
      lostSince: row.lostSince?.toISOString() ?? null,
    };
  const none = { total: 0, complete: 0, signatures: 0, signaturesInDoubt: 0, unchecked: 0 };
  return { ...none, state: 'complete', awaySince: null, lostSince: null };
}

async function receiptsOf(tx: Tx, { owner, uuid }: PracticeRow): Promise<ReceiptView[]> {
  const rows = await tx.query<Omit<ReceiptView, 'time'> & { time: Date }>(
    `select r.event_id as "eventId", r.by, r.kind, r.position, r.time, r.code
     from receipt r join event e on e.author = r.author and e.event_id = r.event_id
     where e.owner = $1 and e.uuid = $2 order by r.position, r.by, r.kind`,
    [owner, uuid],
  );
  return rows.map((row) => ({ ...row, time: row.time.toISOString() }));
}
