/** How a practice looks from outside: one shape for the list, the detail and the command line. */
import {
  parsePracticeId,
  type IpaCode,
  type Participant,
  type PracticeId,
  type PracticeState,
} from '#contracts';
import { HubError } from '#errors';
import type { Tx } from '#persistence';

export interface PracticeRow {
  readonly owner: IpaCode;
  readonly uuid: PracticeId;
  readonly cui: string;
  readonly procedure: string;
  readonly version: number;
  readonly part: string;
  readonly territory: string;
  readonly filingEvent: string;
  readonly filedAt: Date;
  readonly stateCode: string;
  readonly position: number;
  readonly state: PracticeState | null;
  readonly participants: readonly Participant[];
}

export const PRACTICE_COLUMNS = `p.owner, p.uuid, p.cui, p.procedure_code as procedure, p.procedure_version as version, p.part,
  p.territory, p.filing_event as "filingEvent", p.filed_at as "filedAt", p.state_code as "stateCode", p.position, p.state,
  p.participants`;

/** What a caller is told of a practice in a list. */
export interface PracticeSummary {
  readonly cui: string;
  readonly practiceId: string;
  readonly owner: string;
  readonly procedure: string;
  readonly state: string;
  /** Of its filing. */
  readonly eventId: string;
  /** This node's part in it. */
  readonly part: string;
  readonly territory: string;
  readonly filedAt: string;
  /** Position of the last event folded here; 0 while the filing itself has none. */
  readonly position: number;
}

export function summaryOf(row: PracticeRow): PracticeSummary {
  return {
    cui: row.cui,
    practiceId: row.uuid,
    owner: row.owner,
    procedure: row.procedure,
    state: row.stateCode,
    eventId: row.filingEvent,
    part: row.part,
    territory: row.territory,
    filedAt: row.filedAt.toISOString(),
    position: row.position,
  };
}

/**
 * The practice with this uuid; `owner` tells two owners' practices of one uuid apart.
 * @throws HubError `PRACTICE_NOT_FOUND`, `PRACTICE_AMBIGUOUS`
 */
export async function findPractice(tx: Tx, id: string, owner: string | undefined): Promise<PracticeRow> {
  const rows = await tx.query<PracticeRow>(
    `select ${PRACTICE_COLUMNS} from practice p where p.uuid = $1 and ($2::text is null or lower(p.owner) = lower($2))`,
    [parsePracticeId(id), owner ?? null],
  );
  if (rows.length > 1)
    throw new HubError('PRACTICE_AMBIGUOUS', `${rows.length} owners have a practice ${id}`);
  if (rows[0]) return rows[0];
  throw new HubError('PRACTICE_NOT_FOUND', `this node holds no practice ${id}`);
}
