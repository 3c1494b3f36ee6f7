import { parseDecision, parseSignedItem } from '#contracts';
import { HubError } from '#errors';
import type { UnitOfWork } from '#persistence';

/** Events looked at in one transaction. */
const AT_ONCE = 1_000;

interface Unread {
  readonly author: string;
  readonly eventId: string;
  readonly decision: Buffer;
}

interface Placement {
  readonly author: string;
  readonly eventId: string;
  readonly decidedAt: string;
  readonly parties: readonly string[];
}

/**
 * Reads the decisions of the events that have come since the last time: when each was placed, and who was told. A decision
 * that cannot be read any more (a damaged disk) is left out, so that its event counts as missing here.
 */
export async function readPlacements(work: UnitOfWork): Promise<void> {
  for (let after: Unread | undefined, more = true; more;) {
    const unread = await work.run((tx) =>
      tx.query<Unread>(
        `select e.author, e.event_id as "eventId", e.decision
         from event e left join placement p using (author, event_id)
         where p.author is null and e.status in ('accepted', 'waiting')
           and ($1::text is null or (e.author, e.event_id) > ($1, $2::uuid))
         order by e.author, e.event_id limit $3`,
        [after?.author ?? null, after?.eventId ?? null, AT_ONCE],
      ),
    );
    await store(work, unread.flatMap(placementOf));
    after = unread.at(-1);
    more = unread.length === AT_ONCE;
  }
}

async function store(work: UnitOfWork, placements: readonly Placement[]): Promise<void> {
  if (placements.length === 0) return;
  const rows = JSON.stringify(placements);
  await work.run(async (tx) => {
    await tx.query(
      `insert into placement (author, event_id, decided_at, parties)
       select r.author, r."eventId", r."decidedAt", r.parties
       from json_to_recordset($1) as r(author text, "eventId" uuid, "decidedAt" timestamptz, parties text[])
       on conflict do nothing`,
      [rows],
    );
    await tx.query(
      `insert into neighbour (ipa)
       select distinct p.ipa from json_to_recordset($1) as r(parties text[]), unnest(r.parties) as p(ipa)
       order by 1 on conflict do nothing`,
      [rows],
    );
  });
}

function placementOf({ author, eventId, decision }: Unread): Placement[] {
  try {
    const { time, participants } = parseDecision(parseSignedItem(decision).item);
    const parties = participants.filter(({ joined }) => joined).map(({ ipa }) => ipa.toLowerCase());
    return [{ author, eventId, decidedAt: time, parties }];
  } catch (error) {
    if (error instanceof HubError) return [];
    throw error;
  }
}
