import { CANCELLATION_REASONS } from '#contracts';
import { HubError } from '#errors';
import type { Tx } from '#persistence';
import { z } from 'zod';
import { readAccepted } from '../inbox/practice-store.ts';
import { receiptOf, sendReceipts } from '../inbox/receipts.ts';
import type { NodeParts } from '../node-parts.ts';
import { entryView, type EntryView } from './entry-view.ts';
import { ENTRY_COLUMNS, ENTRY_TABLES, lockRegister, registrationIn, type EntryRow } from './protocol-rows.ts';

/** What an operator says of a cancellation. Reason and act travel, as codes; the note stays in the register. */
export const cancellationBody = z.object({
  reason: z.enum(CANCELLATION_REASONS),
  act: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9_.:/+-]{0,127}$/, 'a reference such as DET/2026/123')
    .describe('Reference of the authorising act (provvedimento, art. 54 DPR 445/2000), e.g. DET/2026/123'),
  note: z.string().trim().min(1).max(2_000).optional().describe('For this body’s register only'),
});

/** An entry as a path names it. */
export interface EntryName {
  readonly register: string;
  readonly year: number;
  readonly number: number;
}

/** Cancels an entry of the protocol register: it stays, readable, with reason and act; the other side is told. */
export class CancelRegistration {
  readonly #parts: NodeParts;

  constructor(parts: NodeParts) {
    this.#parts = parts;
  }

  /**
   * @param by id of the operator's token
   * @throws HubError `PROTOCOL_ENTRY_NOT_FOUND`, `PROTOCOL_ALREADY_CANCELLED`; `PROTOCOL_NOT_PLACED` while nobody else
   *   could know the event
   */
  async run(
    tx: Tx,
    name: EntryName,
    { reason, act, note }: z.output<typeof cancellationBody>,
    by: string,
  ): Promise<EntryView> {
    await lockRegister(tx, name.register);
    const at = this.#parts.clock.now();
    const entry = await lockEntry(tx, name);
    if (entry.state === 'cancelled')
      throw new HubError('PROTOCOL_ALREADY_CANCELLED', `${name.year}/${name.number} is cancelled already`);
    await this.#tell(tx, entry, { reason, act }, at);
    await tx.query(
      `update protocol set state = 'cancelled', cancelled_at = $4, cancelled_by = $5, cancellation_reason = $6,
         cancellation_act = $7, cancellation_note = $8
       where register = $1 and year = $2 and number = $3`,
      [name.register, name.year, name.number, at, by, reason, act, note ?? null],
    );
    return entryView({
      ...entry,
      state: 'cancelled',
      cancelledAt: at,
      cancellationReason: reason,
      cancellationAct: act,
      cancellationNote: note ?? null,
    });
  }

  /** An event that the router parked is known to nobody else, nor is one that was issued again: nobody is to be told. */
  async #tell(
    tx: Tx,
    entry: EntryRow,
    cancellation: Pick<z.output<typeof cancellationBody>, 'reason' | 'act'>,
    at: Date,
  ): Promise<void> {
    const [event] = await tx.query<{ status: string }>(
      'select status from event where author = $1 and event_id = $2',
      [entry.author, entry.eventId],
    );
    if (event?.status === 'parked' || event?.status === 'replaced') return;
    if (event?.status !== 'accepted')
      throw new HubError('PROTOCOL_NOT_PLACED', `event ${entry.eventId} has no position yet`);
    const received = await readAccepted(tx, entry.author, entry.eventId);
    const said = { registration: registrationIn(entry), cancellation };
    const receipt = receiptOf(received, this.#parts.ipa, 'registration-cancelled', at, null, said);
    await sendReceipts(tx, [receipt], this.#parts.signer, at);
  }
}

async function lockEntry(tx: Tx, { register, year, number }: EntryName): Promise<EntryRow> {
  const [row] = await tx.query<EntryRow>(
    `select ${ENTRY_COLUMNS} from ${ENTRY_TABLES}
     where t.register = $1 and t.year = $2 and t.number = $3 for update of t`,
    [register, year, number],
  );
  if (row) return row;
  throw new HubError('PROTOCOL_ENTRY_NOT_FOUND', `the register ${register} has no ${year}/${number}`);
}
