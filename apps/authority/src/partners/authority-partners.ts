import { quietLine, type PartnerBoard, type PartnerLine } from '#node';
import type { UnitOfWork } from '#persistence';

interface Row {
  readonly partner: string;
  readonly unreceived: string | null;
  readonly lastHeardAt: Date | null;
  readonly waiting: string | null;
  readonly parked: string | null;
  readonly retrying: string | null;
  readonly awaySince: Date | null;
}

/** The partners of a public body's node: the other members, and whoever left and still has something open here. */
export class AuthorityPartners implements PartnerBoard {
  readonly #work: UnitOfWork;
  readonly #members: () => readonly string[];

  /** @param members the IPA codes of the members other than this one */
  constructor(work: UnitOfWork, members: () => readonly string[]) {
    this.#work = work;
    this.#members = members;
  }

  async lines(): Promise<readonly PartnerLine[]> {
    const rows = await this.#work.read((tx) => tx.query<Row>(EVERYTHING));
    const known = new Map(rows.map((row) => [row.partner, row]));
    const partners = [...new Set([...this.#members(), ...known.keys()])].sort();
    return partners.map((partner) => lineOf(partner, known.get(partner)));
  }

  async lostDocuments(): Promise<number> {
    const [row] = await this.#work.run((tx) =>
      tx.query<{ lost: number }>('select count(*)::int as lost from lost_document'),
    );
    return row?.lost ?? 0;
  }
}

/**
 * Who signed a parked record is only claimed (`ce_source` is the author's URN, and the record did not pass): it is told
 * to whoever searches, nothing is decided by it.
 */
const EVERYTHING = `
  with waiting as (
    select author as partner, count(*) as waiting from event where status = 'waiting' group by author
  ), parked as (
    select substring(convert_from(decode(headers->>'ce_source', 'base64'), 'UTF8') from '[^:/]+$') as partner,
      count(*) as parked
    from quarantine where status = 'parked' and headers ? 'ce_source' group by 1
  ), documents as (
    select author as partner, count(*) as retrying, min(away_since) as "awaySince"
    from document d where status in ('fetching', 'author-away')
      and not exists (select from lost_document l
                      where (l.owner, l.uuid, l.document_id) = (d.owner, d.uuid, d.document_id))
    group by author
  ), tally as (
    select partner, greatest(sent - received, 0) as unreceived, last_heard_at as "lastHeardAt" from partner_tally
  )
  select * from waiting full join parked using (partner) full join documents using (partner)
    full join tally using (partner)
  where partner is not null`;

function lineOf(partner: string, row: Row | undefined): PartnerLine {
  return {
    ...quietLine(partner),
    unreceived: Number(row?.unreceived ?? 0),
    lastHeardAt: row?.lastHeardAt?.toISOString() ?? null,
    waiting: Number(row?.waiting ?? 0),
    parked: Number(row?.parked ?? 0),
    retrying: Number(row?.retrying ?? 0),
    awaySince: row?.awaySince?.toISOString() ?? null,
  };
}
