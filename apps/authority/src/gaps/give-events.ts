import type { X509Certificate } from 'node:crypto';
import { parseDecision, parseSignedItem, practiceKey } from '#contracts';
import { HubError } from '#errors';
import {
  callingHolder,
  hasMore,
  pageQuery,
  requireParticipant,
  type OwnPage,
  type PlacedBytes,
  type PlacedPage,
  type PositionRange,
} from '#peers';
import type { Tx } from '#persistence';
import { callingMember } from '../documents/authorize-node.ts';
import type { PracticeKey } from '../inbox/practice-store.ts';
import type { NodeParts } from '../node-parts.ts';

/** Gives another node the events of a practice, the bytes as they are stored: whoever gets them verifies them anew. */
export class GiveEvents {
  readonly #parts: NodeParts;

  constructor(parts: NodeParts) {
    this.#parts = parts;
  }

  /**
   * Events by position with their decisions, for the node of a participant.
   * @throws HubError `PEER_NOT_RECOGNISED`, `PRACTICE_NOT_FOUND`, `NOT_A_PARTICIPANT`
   */
  async placed(
    caller: X509Certificate,
    practice: PracticeKey,
    { from, to }: PositionRange,
  ): Promise<PlacedPage> {
    const holder = callingMember(this.#parts, caller);
    return await this.#parts.work.read(async (tx) => {
      await requirePart(tx, practice, holder);
      const rows = await tx.query<PlacedBytes & { readonly total: number }>(
        pageQuery(
          `select position as place, bytes, decision, octet_length(bytes) + octet_length(decision) as size from event
           where owner = $1 and uuid = $2 and position between $3 and $4 and status in ('accepted', 'waiting')`,
          'place as position, bytes as event, decision',
        ),
        [practice.owner, practice.uuid, from, to],
      );
      const [row] = await tx.query<{ position: number }>(
        'select position from practice where owner = $1 and uuid = $2',
        [practice.owner, practice.uuid],
      );
      return { events: rows, head: row?.position ?? 0, more: hasMore(rows) };
    });
  }

  /**
   * This node's own events of a practice that stand, from a number on, for a router that misses one.
   * @throws HubError `PEER_NOT_RECOGNISED`
   */
  async own(caller: X509Certificate, practice: PracticeKey, from: number): Promise<OwnPage> {
    const { ipa, registry, clock, work } = this.#parts;
    callingHolder(registry, caller, 'router', clock.now());
    return await work.read(async (tx) => {
      const rows = await tx.query<{ number: number; event: Buffer; total: number }>(
        pageQuery(
          `select number as place, bytes, octet_length(bytes) as size from event
           where owner = $1 and uuid = $2 and author = $3 and number >= $4 and status <> 'replaced'`,
          'place as number, bytes as event',
        ),
        [practice.owner, practice.uuid, ipa, from],
      );
      return { events: rows, more: hasMore(rows) };
    });
  }
}

/** Who takes part was decided with the filing and stays: any decision on the practice says it. */
async function requirePart(tx: Tx, practice: PracticeKey, holder: string): Promise<void> {
  const [row] = await tx.query<{ decision: Buffer }>(
    `select decision from event where owner = $1 and uuid = $2 and decision is not null order by position limit 1`,
    [practice.owner, practice.uuid],
  );
  if (!row) throw new HubError('PRACTICE_NOT_FOUND', `this node holds no practice ${practiceKey(practice)}`);
  const { participants } = parseDecision(parseSignedItem(row.decision).item);
  requireParticipant(participants, holder, practice);
}
