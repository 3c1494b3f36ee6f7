import {
  admitEvent,
  decide,
  parseDecision,
  serializeDecision,
  type Decision,
  type SettledPractice,
  type Sha256,
} from '#contracts';
import { HubError } from '#errors';
import { differences } from './json-differences.ts';
import type { ReplayCode } from './finding.ts';
import type { RegistryHistory } from './registry-history.ts';
import type { DecisionRecord, EventRecord } from './replay-record.ts';

/** Why a signed decision is not the one that has to be. */
export interface Disagreement {
  readonly code: ReplayCode;
  readonly detail: string;
}

/**
 * SHA-256 of the bytes of an event as they were placed. Of one signing there may be copies in other bytes (other base64 of
 * the signature, say): whichever came first was logged, and whichever came first was placed.
 */
export function placedDigest(event: Omit<EventRecord, 'kind' | 'leaf'>, decision: Decision): Sha256 {
  return decision.event.signedInfoDigest === event.signedInfoDigest ? decision.event.digest : event.digest;
}

export interface Redecided {
  /** Null: the decision is, bit for bit, the one that follows. */
  readonly disagreement: Disagreement | null;
  /** What the first event of the practice settles. */
  readonly settled: SettledPractice;
}

/**
 * Decides again what a router has decided: from the event, what the practice's first event settled, and the registry at
 * the version that the decision names. Time, router and position are the router's to give; all else has to follow, and
 * the decision's canonical XML has to be the same to the byte.
 */
export function redecide(
  record: EventRecord,
  { item }: DecisionRecord,
  settled: SettledPractice | null,
  registry: RegistryHistory,
): Redecided {
  const { event, signedInfoDigest } = record;
  const signed = parseDecision(Buffer.from(item, 'utf8'));
  // What was signed goes on to count, so that one wrong decision is one finding.
  const stands = settled ?? {
    practice: signed.practice,
    procedure: signed.procedure,
    participants: signed.participants,
  };
  const refused = (code: ReplayCode, detail: string): Redecided => ({
    disagreement: { code, detail },
    settled: stands,
  });
  const unknown = [signed.registry, event.registry].find((version) => !registry.has(version));
  if (unknown !== undefined)
    return refused(
      'REPLAY_REGISTRY_DIFFERS',
      `entry ${unknown.number} with digest ${unknown.digest} is not in the chain`,
    );
  try {
    const routing = admitEvent(event, settled, registry.at(signed.registry.number));
    const again = decide({
      router: signed.router,
      at: new Date(signed.time),
      event,
      digest: placedDigest(record, signed),
      signedInfoDigest,
      position: signed.position,
      registry: signed.registry,
      ...routing,
    });
    return { disagreement: compare(signed, again, item), settled: stands };
  } catch (error) {
    if (!(error instanceof HubError)) throw error;
    return refused('REPLAY_NOT_ENTITLED', `${error.code}: ${error.message}`);
  }
}

function compare(signed: Decision, again: Decision, item: string): Disagreement | null {
  const isSame = serializeDecision({ ...again, version: signed.version }).toString('utf8') === item;
  if (isSame) return null;
  const fields = differences(again, signed)
    .filter(({ field }) => field !== 'version')
    .map(({ field, expected, held }) => `${field}: ${shown(expected)} follows, ${shown(held)} was signed`);
  const what = fields.length === 0 ? ['its bytes are not canonical'] : fields.slice(0, MOST_TOLD);
  return { code: 'REPLAY_DECISION_DIFFERS', detail: what.join('; ') };
}

/** Fields told in a sentence: a wrong list of participants differs in many. */
const MOST_TOLD = 5;

function shown(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value);
}
