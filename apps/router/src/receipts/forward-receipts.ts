import {
  practiceKey,
  receiptHeaders,
  sameIpa,
  topics,
  type IpaCode,
  type Receipt,
  type Sha256,
} from '#contracts';
import { HubError } from '#errors';
import type { BatchChecks, Checked } from '#evidence';
import { done, park, retry, type IncomingRecord, type Outcome } from '#messaging';
import { appendOutbox, type OutboxRecord, type Tx, type UnitOfWork } from '#persistence';
import type { Clock, IdSource } from '#platform';
import { anyParked, closePassed } from '#quarantine';
import { parkRecords, type Refused } from '../quarantine/park-records.ts';
import type { RouterRegistry } from '../router-registry.ts';
import { Patience } from '../routing/patience.ts';
import { heardBefore } from './heard-before.ts';
import { addressees, eventKey, type Addressees } from '../store/addressees.ts';

/** Pause before a receipt whose signer this router does not know yet is read again, in milliseconds. */
const RETRY_MS = 500;

interface ForwardParts {
  readonly work: UnitOfWork;
  readonly registry: RouterRegistry;
  readonly verifier: BatchChecks;
  readonly clock: Clock;
  readonly ids: IdSource;
}

interface Verified {
  readonly record: IncomingRecord;
  readonly receipt: Receipt;
  /** SHA-256 of the record's bytes. */
  readonly digest: Sha256;
}

type Screened =
  | (Verified & { readonly kind: 'verified' })
  | (Verified & { readonly kind: 'admitted'; readonly joined: readonly IpaCode[] })
  | { readonly kind: 'refused'; readonly record: IncomingRecord; readonly error: HubError }
  | { readonly kind: 'later' };

/**
 * Carries receipts to the author of the event they speak of, the same bytes; an author's own word on its event (it
 * cancelled the registration) goes to those who were sent it. Receipts have no position and no
 * recipients by rule; a receipt delivered twice is stored once by who receives it.
 */
export class ForwardReceipts {
  readonly #parts: ForwardParts;
  readonly #patience = new Patience();

  constructor(parts: ForwardParts) {
    this.#parts = parts;
  }

  /** @returns one outcome per record, in order */
  async run(records: readonly IncomingRecord[]): Promise<Outcome[]> {
    const now = this.#parts.clock.now();
    const screened = await this.#screenAll(records, now);
    return await this.#parts.work.run((tx) => this.#forward(tx, screened, now));
  }

  /** The same for one record, in the caller's transaction. */
  async runOne(tx: Tx, record: IncomingRecord): Promise<Outcome> {
    const now = this.#parts.clock.now();
    const [outcome] = await this.#forward(tx, await this.#screenAll([record], now), now);
    return outcome ?? retry(RETRY_MS);
  }

  async #forward(tx: Tx, screened: readonly Screened[], now: Date): Promise<Outcome[]> {
    const [judged, mayBeParked] = await Promise.all([admitted(tx, screened), anyParked(tx)]);
    await appendOutbox(
      tx,
      judged.flatMap((one) => (one.kind === 'admitted' ? forward(one) : [])),
      'soon',
    );
    const passed = judged.flatMap((one) => (one.kind === 'admitted' ? [one.digest] : []));
    if (mayBeParked) await closePassed(tx, passed, now);
    const refused = judged.flatMap((one) => (one.kind === 'refused' ? [one] : []));
    const heard = await heardBefore(tx, refused);
    await parkRecords(tx, refused.filter(({ record }) => !heard.has(record)).map(refusal), {
      ...{ now, ids: this.#parts.ids },
    });
    return judged.map((one) => (one.kind === 'refused' && heard.has(one.record) ? done() : outcomeOf(one)));
  }

  async #screenAll(records: readonly IncomingRecord[], now: Date): Promise<readonly Screened[]> {
    const checked = await this.#parts.verifier.check('receipt', records, ({ value }) => value);
    return checked.map((one) => this.#screen(one, now));
  }

  #screen(checked: Checked<'receipt', IncomingRecord>, now: Date): Screened {
    const { item: record } = checked;
    try {
      const { receipt, digest } = checked.judge(this.#parts.registry, now);
      return { kind: 'verified', record, receipt, digest };
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
      if (error.policy.disposition !== 'park' && this.#patience.mayWait(record, now))
        return { kind: 'later' };
      return { kind: 'refused', record, error };
    }
  }
}

/** Entitled, not merely signed: only who was sent the event can say what became of it. */
async function admitted(tx: Tx, screened: readonly Screened[]): Promise<readonly Screened[]> {
  const receipts = screened.flatMap((one) => (one.kind === 'verified' ? [one.receipt] : []));
  const known = await addressees(
    tx,
    receipts.map(({ event }) => event),
  );
  return screened.map((one) => {
    if (one.kind !== 'verified') return one;
    const { record, receipt, digest } = one;
    const routed = known.get(eventKey(receipt.event));
    const error = faultOf(receipt, routed);
    return error === null
      ? { kind: 'admitted', record, receipt, digest, joined: routed?.joined ?? [] }
      : { kind: 'refused', record, error };
  });
}

function faultOf({ by, event, practice }: Receipt, routed: Addressees | undefined): HubError | null {
  const what = `event ${event.id} of ${event.author}`;
  if (routed?.digest !== event.digest || routed.practice !== practiceKey(practice))
    return new HubError('RECEIPT_OF_UNKNOWN_EVENT', `this router never forwarded ${what} as named`);
  if (!routed.joined.includes(by)) return new HubError('NOT_A_PARTICIPANT', `${by} was not sent ${what}`);
  return null;
}

function forward({
  record,
  receipt,
  joined,
}: Verified & { readonly joined: readonly IpaCode[] }): OutboxRecord[] {
  const { author } = receipt.event;
  // Nothing else that an author says of its own event concerns the others.
  const isOwn = sameIpa(receipt.by, author) && receipt.kind === 'registration-cancelled';
  const readers = isOwn ? joined.filter((ipa) => !sameIpa(ipa, author)) : [author];
  if (readers.length === 0) return [];
  return [
    {
      topics: readers.map((ipa) => topics.inbox(ipa)),
      key: practiceKey(receipt.practice),
      value: record.value,
      headers: receiptHeaders(receipt),
    },
  ];
}

function refusal({ record, error }: { record: IncomingRecord; error: HubError }): Refused {
  return { origin: record, bytes: record.value, headers: record.headers, error };
}

function outcomeOf(one: Screened): Outcome {
  if (one.kind === 'later') return retry(RETRY_MS);
  return one.kind === 'refused' ? park(one.error.code) : done();
}
