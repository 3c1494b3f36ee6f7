import type { Sha256 } from '#contracts';
import type { BatchChecks } from '#evidence';
import { HubError } from '#errors';
import type { Tx } from '#persistence';
import { admitLeaves } from './admit-leaves.ts';
import type { LeafCandidate } from './leaf-candidate.ts';
import { screenRecords, type AuditRegistry, type AuditRecord, type Screen } from './screen-record.ts';

/** Advisory lock, see `awaitRefusals` and `awaitDecisions`. */
const VERDICTS_LOCK = 7_220_601;

/** Before admitting decisions: waits for refusals under way, so that none is missed by the decision about its event. */
export function awaitRefusals(tx: Tx): void {
  tx.write('select pg_advisory_xact_lock_shared($1)', [VERDICTS_LOCK]);
}

/** Before refusing events: waits for decisions under way. Refusals are rare, so they bear the cost. */
export async function awaitDecisions(tx: Tx): Promise<void> {
  await tx.query('select pg_advisory_xact_lock($1)', [VERDICTS_LOCK]);
}

interface RefusedEvent {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: Buffer;
  /** The entry of the decision about these very bytes. */
  readonly decision: Buffer;
}

/**
 * Judges refused events again by the time of the router's decision about them, which proves that they existed then: a
 * key revoked since, or a registry entry that had not arrived here, must not keep an accepted event out of the log.
 * Works whichever came first, refusal or decision.
 * @param digests SHA-256 of events' bytes
 * @returns those whose event is a leaf now
 */
export async function rejudge(
  tx: Tx,
  digests: readonly Sha256[],
  { registry, verifier }: { readonly registry: AuditRegistry; readonly verifier: BatchChecks },
  now: Date,
): Promise<ReadonlySet<string>> {
  const passed = new Set<string>();
  if (digests.length === 0) return passed;
  const rows = await tx.query<RefusedEvent>(
    `select r.topic, r.partition, r.record_offset as offset, r.headers, r.bytes, e.entry as decision
     from refused r join log_entry e on e.decided = r.digest
     where r.passed_at is null and r.digest in (select decode(d, 'hex') from unnest($1::text[]) as d)
     order by r.topic, r.partition, r.record_offset`,
    [digests],
  );
  for (const { record, screen } of await screenRecords('events', rows.map(storedRecord), verifier)) {
    const { row } = record;
    const leaf = judged(row, screen, registry);
    if (leaf === null) continue;
    const { admissions } = await admitLeaves(tx, [leaf]);
    if (admissions[0] === 'contradiction') continue;
    await tx.query(
      `update refused set passed_at = $4, status = 'released', closed_at = $4
       where topic = $1 and partition = $2 and record_offset = $3`,
      [row.topic, row.partition, row.offset, now],
    );
    passed.add(leaf.sha256);
  }
  return passed;
}

function storedRecord(row: RefusedEvent): AuditRecord & { readonly row: RefusedEvent } {
  const headers = Object.fromEntries(
    Object.entries(row.headers).map(([name, value]) => [name, Buffer.from(value, 'base64')]),
  );
  return { topic: row.topic, value: row.bytes, headers, row };
}

function judged({ decision }: RefusedEvent, screen: Screen, registry: AuditRegistry): LeafCandidate | null {
  const { time } = JSON.parse(decision.toString('utf8')) as { readonly time: string };
  try {
    return screen(registry, new Date(time));
  } catch (error) {
    if (error instanceof HubError) return null;
    throw error;
  }
}
