/** Why an event went to whom it went, from what the log has of its practice. Pure. */
import {
  factsOf,
  holds,
  parseDecision,
  procedureOf,
  recipientsOf,
  sameIpa,
  type Condition,
  type Decision,
  type Fact,
  type HubEvent,
  type Participant,
  type PublicBody,
  type Receipt,
  type RoutingRule,
  type Selector,
} from '#contracts';
import { HubError } from '#errors';
import { readIntactDecision, readIntactEvent, readIntactReceipt } from '#evidence';
import type { RegistryAtVersion } from '#registry-chain';
import type { LogRecord } from '../copy/records.ts';
import type { RegistryHistory } from '../replay/registry-history.ts';

/** A rule of the procedure, and what came of it. */
export interface ExplainedRule {
  readonly rule: string;
  readonly matched: boolean;
  readonly when: Condition;
  /** Facts that it looks at, and what the event said of them. */
  readonly looksAt: readonly string[];
  readonly facts: readonly Fact[];
  readonly concerns: Selector;
  /** Bodies that it names, or would have named. */
  readonly names: readonly string[];
  readonly part: string;
  readonly regime: string;
  readonly legalBasis: string;
  /** False if the registry, read now, gives another answer than the decision. */
  readonly confirmed: boolean;
}

export interface ExplainedRecipient {
  readonly ipa: string;
  readonly name: string;
  readonly part: string;
  /** False: it has no node, and the owner tells it by PEC. */
  readonly joined: boolean;
  /** `owner`, or the rule that named it. */
  readonly rule: string;
  /** When it says that it received the event; null: it has not said so, or it is the author. */
  readonly received: string | null;
  readonly documentsComplete: string | null;
  readonly registered: { readonly time: string; readonly number: string } | null;
  /** Everything that it has said of the event, in the order of the log. */
  readonly receipts: readonly Pick<Receipt, 'kind' | 'time' | 'code'>[];
}

/** A member that the event did not go to. */
export interface ExplainedOther {
  readonly ipa: string;
  readonly name: string;
  /** Rules that name it and did not match; none: no rule of the procedure names it here. */
  readonly rules: readonly string[];
}

export interface ExplainedEvent {
  readonly event: {
    readonly id: string;
    readonly author: string;
    readonly type: string;
    readonly time: string;
    readonly practice: string;
    readonly cui: string;
    readonly digest: string | null;
    readonly leaf: number;
  };
  /** Null: it has no place: on its way, parked, or replaced. */
  readonly decision: {
    readonly router: string;
    readonly time: string;
    readonly position: number;
    readonly leaf: number;
    readonly registry: { readonly number: number; readonly digest: string; readonly time: string | null };
  } | null;
  /** The decision by which the recipients were chosen: the event's own, of a filing; the filing's, of a later act. */
  readonly chosenBy: {
    readonly eventId: string;
    readonly position: number;
    readonly registry: number;
  } | null;
  readonly procedure: {
    readonly code: string;
    readonly version: number;
    readonly title: { readonly it: string; readonly en: string };
  } | null;
  readonly rules: readonly ExplainedRule[];
  readonly recipients: readonly ExplainedRecipient[];
  readonly others: readonly ExplainedOther[];
}

/** The event that is asked about. */
export interface SoughtEvent {
  readonly eventId: string;
  /** Where two authors have used the id. */
  readonly author?: string | undefined;
}

/**
 * @param records all that the log has of the practice, in its order
 * @throws HubError `REPLAY_EVENT_NOT_FOUND`, `AUTHOR_AMBIGUOUS`, `REPLAY_BYTES_MISSING` (of the decision that chose the
 *   recipients, or of the filing)
 */
export function explainEvent(
  records: readonly LogRecord[],
  sought: SoughtEvent,
  registry: RegistryHistory,
): ExplainedEvent {
  const own = eventRecord(records, sought);
  const { leaf } = own;
  const event = own.signed === null ? null : readIntactEvent(own.signed);
  const about = (one: LogRecord): boolean =>
    one.leaf.eventId === leaf.eventId && sameIpa(one.leaf.author, leaf.author);
  const decided = records.find((one) => one.leaf.kind === 'decision' && about(one));
  const first = records.find((one) => one.leaf.kind === 'decision' && one.leaf.position === 1);
  const decision = decided === undefined ? null : { ...readDecision(decided), leaf: decided.index };
  const chosen = first === undefined || decision === null ? null : choice(records, first, registry);
  const receipts = records.filter((one) => one.leaf.kind === 'receipt' && about(one)).map(readReceipt);
  const { owner, uuid } = leaf.practice ?? { owner: '', uuid: '' };
  return {
    event: {
      id: leaf.eventId,
      author: leaf.author,
      type: leaf.type,
      time: leaf.time,
      practice: `${owner}/${uuid}`,
      cui: (event?.event ?? decision)?.practice.cui ?? '',
      digest: event?.digest ?? leaf.sha256,
      leaf: own.index,
    },
    decision: decision && placeOf(decision, decision.leaf, registry),
    chosenBy: chosen && { eventId: chosen.event.id, position: 1, registry: chosen.registry.number },
    procedure: chosen?.procedure ?? null,
    rules: chosen?.rules ?? [],
    recipients: (decision?.participants ?? []).map((one) =>
      recipientOf(one, receipts, chosen?.registry ?? registry.latest()),
    ),
    others: chosen && decision ? othersOf(chosen, decision) : [],
  };
}

function eventRecord(records: readonly LogRecord[], { eventId, author }: SoughtEvent): LogRecord {
  const found = records.filter(
    ({ leaf }) =>
      leaf.kind === 'event' &&
      leaf.eventId === eventId &&
      (author === undefined || sameIpa(leaf.author, author)),
  );
  const [one] = found;
  if (one === undefined) throw new HubError('REPLAY_EVENT_NOT_FOUND', `the log has no event ${eventId}`);
  if (found.length === 1) return one;
  const authors = found.map(({ leaf }) => leaf.author);
  throw new HubError('AUTHOR_AMBIGUOUS', `event id ${eventId} was used by ${authors.join(', ')}`, {
    details: { authors },
  });
}

function placeOf(
  { router, time, position, registry }: Decision,
  leaf: number,
  history: RegistryHistory,
): NonNullable<ExplainedEvent['decision']> {
  const known = history.has(registry) ? history.timeOf(registry.number) : null;
  return { router, time, position, leaf, registry: { ...registry, time: known } };
}

interface Choice {
  readonly event: HubEvent;
  readonly registry: RegistryAtVersion;
  readonly procedure: ExplainedEvent['procedure'];
  readonly rules: readonly ExplainedRule[];
}

/** How the practice's first event chose its recipients. */
function choice(records: readonly LogRecord[], first: LogRecord, history: RegistryHistory): Choice {
  const decision = readDecision(first);
  const filing = records.find(
    ({ leaf }) =>
      leaf.kind === 'event' &&
      leaf.eventId === decision.event.id &&
      sameIpa(leaf.author, decision.event.author),
  );
  const { event } = readIntactEvent(bytesOf(filing, `event ${decision.event.id}`));
  const registry = history.at(decision.registry.number);
  if (event.type !== 'practice.filed') return { event, registry, procedure: null, rules: [] };
  const { code, version, title, rules } = procedureOf(event, registry);
  const evaluated = new Map(decision.rules.map((one) => [one.rule, one]));
  return {
    event,
    registry,
    procedure: { code, version, title },
    rules: rules.map((rule) => explainedRule(rule, evaluated.get(rule.id), event, registry)),
  };
}

function explainedRule(
  rule: RoutingRule,
  evaluated: Decision['rules'][number] | undefined,
  event: HubEvent,
  registry: RegistryAtVersion,
): ExplainedRule {
  const again = holds(rule.when, event.facts);
  return {
    rule: rule.id,
    matched: evaluated?.matched ?? again,
    when: rule.when,
    looksAt: factsOf(rule.when),
    facts: evaluated?.facts ?? [],
    concerns: rule.recipients,
    names: namesOf(rule, event, registry),
    part: rule.part,
    regime: rule.regime,
    legalBasis: rule.legalBasis,
    confirmed: evaluated?.matched === again,
  };
}

/** Bodies that a rule names for the event, or would have named; none where the registry does not know them. */
function namesOf(rule: RoutingRule, event: HubEvent, registry: RegistryAtVersion): readonly string[] {
  try {
    return recipientsOf(rule.recipients, event, registry).map(({ ipa }) => ipa);
  } catch (error) {
    if (error instanceof HubError) return [];
    throw error;
  }
}

function recipientOf(
  { ipa, part, joined, rule }: Participant,
  receipts: readonly Receipt[],
  registry: RegistryAtVersion,
): ExplainedRecipient {
  const own = receipts.filter(({ by }) => sameIpa(by, ipa));
  const timeOf = (kind: Receipt['kind']): string | null => own.find((one) => one.kind === kind)?.time ?? null;
  const registered = own.find(({ kind }) => kind === 'registered');
  return {
    ipa,
    name: registry.body(ipa)?.name ?? ipa,
    part,
    joined,
    rule,
    received: timeOf('received'),
    documentsComplete: timeOf('documents-complete'),
    registered: registered?.registration
      ? {
          time: registered.time,
          number: `${registered.registration.number}/${registered.registration.date.slice(0, 4)}`,
        }
      : null,
    receipts: own.map(({ kind, time, code }) => ({ kind, time, code })),
  };
}

/** Members that were left out, and the rules that would have named them. */
function othersOf({ registry, rules }: Choice, { participants }: Decision): ExplainedOther[] {
  const isIn = ({ ipa }: PublicBody): boolean => participants.some((one) => sameIpa(one.ipa, ipa));
  const named = rules.filter(({ matched }) => !matched);
  const wouldBe = new Set(named.flatMap(({ names }) => names.map((ipa) => ipa.toLowerCase())));
  // Members, and bodies without a node that only a rule which did not match would have named.
  return registry
    .bodies()
    .filter((body) => !isIn(body) && (body.joined || wouldBe.has(body.ipa.toLowerCase())))
    .map(({ ipa, name }) => ({
      ipa,
      name,
      rules: named.filter(({ names }) => names.some((one) => sameIpa(one, ipa))).map(({ rule }) => rule),
    }));
}

function readDecision(record: LogRecord): Decision {
  const { item } = readIntactDecision(bytesOf(record, `the decision on event ${record.leaf.eventId}`));
  return parseDecision(item);
}

function readReceipt(record: LogRecord): Receipt {
  return readIntactReceipt(bytesOf(record, `a receipt of event ${record.leaf.eventId}`));
}

/** @throws HubError `REPLAY_BYTES_MISSING` */
function bytesOf(record: LogRecord | undefined, what: string): Buffer {
  const bytes = record?.signed ?? null;
  if (bytes !== null) return bytes;
  throw new HubError('REPLAY_BYTES_MISSING', `the signed bytes of ${what} are not here`);
}
