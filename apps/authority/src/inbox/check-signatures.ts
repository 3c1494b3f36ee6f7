/** The first step of screening: the bytes of all signed documents of a batch, checked together on worker threads. */
import type { BatchChecks, Checked } from '#evidence';
import { headerText, type IncomingRecord } from '#messaging';

/** The decision that a record of an event carries, and the event. */
export interface CheckedEvent {
  readonly decisionBytes: Buffer;
  readonly decision: Checked<'decision'>;
  readonly event: Checked<'event'>;
}

/** What was found, by record. A record without signatures of its class is in neither. */
export interface CheckedSignatures {
  readonly events: ReadonlyMap<IncomingRecord, CheckedEvent>;
  readonly receipts: ReadonlyMap<IncomingRecord, Checked<'receipt', IncomingRecord>>;
}

interface SignedEvent {
  readonly record: IncomingRecord;
  readonly decisionBytes: Buffer;
}

/** @throws HubError `VERIFIER_FAILED` if the verifier itself is unwell */
export async function checkSignatures(
  records: readonly IncomingRecord[],
  verifier: BatchChecks,
): Promise<CheckedSignatures> {
  const signed = records.flatMap(signedEvent);
  const [decisions, events, receipts] = await Promise.all([
    verifier.check('decision', signed, ({ decisionBytes }) => decisionBytes),
    verifier.check('event', signed, ({ record }) => record.value),
    verifier.check(
      'receipt',
      records.filter((record) => headerText(record, 'hub_class') === 'receipt'),
      ({ value }) => value,
    ),
  ]);
  const eventOf = new Map(events.map((event) => [event.item, event]));
  return {
    events: new Map(
      decisions.flatMap((decision): [IncomingRecord, CheckedEvent][] => {
        const { record, decisionBytes } = decision.item;
        const event = eventOf.get(decision.item);
        return event === undefined ? [] : [[record, { decisionBytes, decision, event }]];
      }),
    ),
    receipts: new Map(receipts.map((receipt) => [receipt.item, receipt])),
  };
}

function signedEvent(record: IncomingRecord): SignedEvent[] {
  const decisionBytes = record.headers['hub_decision'];
  const isEvent = headerText(record, 'hub_class') === 'event';
  return isEvent && decisionBytes !== undefined ? [{ record, decisionBytes }] : [];
}
