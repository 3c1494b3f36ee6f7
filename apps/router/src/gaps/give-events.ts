import type { X509Certificate } from 'node:crypto';
import { practiceKey, type Participant } from '#contracts';
import { HubError } from '#errors';
import {
  callingHolder,
  hasMore,
  pageQuery,
  requireParticipant,
  type PlacedBytes,
  type PlacedPage,
  type PositionRange,
} from '#peers';
import type { UnitOfWork } from '#persistence';
import type { Clock } from '#platform';
import type { RouterRegistry } from '../router-registry.ts';
import type { PracticeKey } from '../store/ledger-store.ts';

interface GiveParts {
  readonly work: UnitOfWork;
  readonly registry: RouterRegistry;
  readonly clock: Clock;
}

/** Gives the node of a participant what this router has placed of a practice, the bytes as they are stored. */
export class GiveEvents {
  readonly #parts: GiveParts;

  constructor(parts: GiveParts) {
    this.#parts = parts;
  }

  /** @throws HubError `PEER_NOT_RECOGNISED`, `PRACTICE_NOT_FOUND`, `NOT_A_PARTICIPANT` */
  async run(
    caller: X509Certificate,
    practice: PracticeKey,
    { from, to }: PositionRange,
  ): Promise<PlacedPage> {
    const { work, registry, clock } = this.#parts;
    const holder = callingHolder(registry, caller, 'authority', clock.now());
    const key = [practice.owner, practice.uuid];
    return await work.read(async (tx) => {
      const [row] = await tx.query<{ participants: readonly Participant[]; head: number }>(
        'select participants, last_position as head from routed_practice where owner = $1 and uuid = $2',
        key,
      );
      if (!row)
        throw new HubError('PRACTICE_NOT_FOUND', `nothing was placed of practice ${practiceKey(practice)}`);
      requireParticipant(row.participants, holder, practice);
      const events = await tx.query<PlacedBytes & { readonly total: number }>(
        pageQuery(
          `select position as place, bytes, decision, octet_length(bytes) + octet_length(decision) as size
           from routed_event where owner = $1 and uuid = $2 and position between $3 and $4`,
          'place as position, bytes as event, decision',
        ),
        [...key, from, to],
      );
      return { events, head: row.head, more: hasMore(events) };
    });
  }
}
