import { cloudEventHeaders, HUB_HEADERS, practiceKey, topics, type IpaCode } from '#contracts';
import { contradiction, keepEquivocation, type Equivocation } from '#equivocations';
import { appendOutbox, MAX_OUTBOX_RECORD_BYTES, type OutboxRecord, type Tx } from '#persistence';
import type { Clock, IdSource, Logger } from '#platform';
import type { RouterRegistry } from '../router-registry.ts';
import type { Arrival } from '../routing/practice-ledger.ts';
import { findFirsts, type First } from './find-first.ts';

export interface TellingParts {
  readonly registry: RouterRegistry;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly logger: Pick<Logger, 'error'>;
}

/** Room for the small headers of a notice, bytes. */
const HEADER_BYTES = 8 * 1024;

/**
 * Keeps what an author has signed twice, both events whole, raises the alarm, and shows both to everyone who takes part
 * in their practices and to the author. Each of them verifies both: it is not asked to believe the router.
 * @param forks arrivals that were parked as equivocation, in the transaction that parked them
 */
export async function tellEquivocations(
  tx: Tx,
  forks: readonly Arrival[],
  parts: TellingParts,
): Promise<void> {
  for (const second of forks) await tellOne(tx, second, parts);
}

async function tellOne(
  tx: Tx,
  second: Arrival,
  { registry, clock, ids, logger }: TellingParts,
): Promise<void> {
  const now = clock.now();
  for (const first of await findFirsts(tx, second, registry, now)) {
    const found = contradiction(first, second);
    if (found === null) continue;
    if (!(await keepEquivocation(tx, found, { id: ids.uuidv7(), now }))) continue;
    const { kind } = found;
    logger.error(
      { kind, author: second.event.author.ipa, first: first.event.id, second: second.event.id },
      'an author has signed two events that contradict each other',
    );
    await appendOutbox(tx, [await notice(tx, found, first)]);
  }
}

/** The second event's bytes, with the first's and its decision beside them, where they fit. */
async function notice(tx: Tx, found: Equivocation, { decisionBytes }: First): Promise<OutboxRecord> {
  const { first, second } = found;
  const readers = new Set([second.event.author.ipa, ...(await participantsOf(tx, found))]);
  const evidence = {
    [HUB_HEADERS.first]: first.bytes,
    ...(decisionBytes === null ? {} : { [HUB_HEADERS.decision]: decisionBytes }),
  };
  const size = Object.values(evidence).reduce((sum, { length }) => sum + length, second.bytes.length);
  return {
    topics: [...readers].map((ipa) => topics.inbox(ipa)),
    key: practiceKey(second.event.practice),
    value: second.bytes,
    // Where both are too large for one record, whoever was sent the first has it.
    headers: {
      ...cloudEventHeaders(second.event),
      [HUB_HEADERS.class]: 'equivocation',
      ...(size + HEADER_BYTES > MAX_OUTBOX_RECORD_BYTES ? {} : evidence),
    },
  };
}

/** Everyone who has joined and takes part in the practice of either event, as far as it was placed. */
async function participantsOf(tx: Tx, { first, second }: Equivocation): Promise<IpaCode[]> {
  const practices = [first.event.practice, second.event.practice];
  const rows = await tx.query<{ ipa: IpaCode }>(
    `select distinct p->>'ipa' as ipa
     from unnest($1::text[], $2::uuid[]) as c(owner, uuid) join routed_practice r using (owner, uuid),
       jsonb_array_elements(r.participants) p
     where (p->>'joined')::boolean order by ipa`,
    [practices.map(({ owner }) => owner), practices.map(({ uuid }) => uuid)],
  );
  return rows.map(({ ipa }) => ipa);
}
