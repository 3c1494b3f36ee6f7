import { HubError } from '#errors';
import type { HubEvent, PracticeRef } from '../event.ts';
import type { Participant, Procedure, RoutingRegistry } from '../procedure.ts';
import { parseIpaCode } from '../ids.ts';
import { municipalityOf } from '../routing/recipients.ts';
import { closesUnplacedFiling } from '../routing/route-closing.ts';
import { procedureOf } from '../routing/route.ts';
import { sameIpa } from '../routing/same-ipa.ts';
import { acceptedForm, checkDeclaredFacts } from './declared-facts.ts';

/** A participant as far as entitlement goes. */
export type EntitledParty = Pick<Participant, 'ipa' | 'part'>;

/** What is settled about a practice: a part of the decision on its filing. */
export interface PracticeStanding {
  readonly practice: Pick<PracticeRef, 'cui'>;
  readonly procedure: { readonly code: string; readonly version: number };
  readonly participants: readonly EntitledParty[];
}

export interface EntitlementQuestion {
  readonly event: HubEvent;
  readonly registry: RoutingRegistry;
  /** What the filing's decision settled (a `Decision` serves); null when the practice is not known. */
  readonly practice: PracticeStanding | null;
}

/**
 * Whether the author of an event may issue it: entitled, not merely signed. Pure. Returns when it may.
 *
 * A filing must be the author's own and the first of its practice; any other act comes from a participant and is of
 * a type that the procedure grants to its part. Of an unknown practice its owner may still void the filing that was
 * parked, whatever procedure and municipality it names, or that parked filing could never be closed.
 * @throws HubError `PROCEDURE_UNKNOWN`, `MUNICIPALITY_UNKNOWN`, `NOT_THE_OWNER`, `CUI_NOT_OF_OWNER`, `PRACTICE_ALREADY_FILED`,
 *   `PRACTICE_UNKNOWN`, `PRACTICE_DIFFERS`, `NOT_A_PARTICIPANT`, `TYPE_NOT_GRANTED`,
 *   `FORM_NOT_ACCEPTED`, `FORM_DOCUMENT_MISSING`,
 *   `FACTS_NOT_DECLARED`
 */
export function checkEntitlement({ event, registry, practice }: EntitlementQuestion): void {
  if (practice === null && closesUnplacedFiling(event)) {
    refuseFacts(event);
    return;
  }
  const procedure = procedureOf(event, registry);
  municipalityOf(event.territory, registry);
  const ownPractice = sameIpa(event.author.ipa, event.practice.owner);
  if (event.type === 'practice.filed') {
    checkFiling(event, procedure, ownPractice, practice !== null);
  } else if (practice !== null) {
    checkSamePractice(event, practice);
    checkGranted(event, procedure, partOf(event, practice.participants));
  } else {
    throw refused(
      'PRACTICE_UNKNOWN',
      event,
      `practice ${event.practice.owner}/${event.practice.uuid} has no filing`,
    );
  }
  checkDeclaredFacts(event, procedure);
}

function refuseFacts(event: HubEvent): void {
  if (event.facts.length === 0) return;
  throw refused('FACTS_NOT_DECLARED', event, 'a void carries no facts');
}

function checkFiling(event: HubEvent, procedure: Procedure, ownPractice: boolean, known: boolean): void {
  if (!ownPractice) {
    throw refused(
      'NOT_THE_OWNER',
      event,
      `${event.author.ipa} files under a practice of ${event.practice.owner}`,
    );
  }
  const [minter = ''] = event.practice.cui.split('/');
  if (!sameIpa(parseIpaCode(minter), event.practice.owner)) {
    throw refused('CUI_NOT_OF_OWNER', event, `${event.practice.cui} is not a CUI of ${event.practice.owner}`);
  }
  if (known)
    throw refused('PRACTICE_ALREADY_FILED', event, `practice ${event.practice.uuid} is filed already`);
  checkGranted(event, procedure, 'owner');
  if (event.body.type !== 'practice.filed') return;
  const { form } = event.body;
  acceptedForm(procedure, form);
  if (!event.documents.some((document) => document.id === form.document && document.role === 'form')) {
    throw refused(
      'FORM_DOCUMENT_MISSING',
      event,
      `document ${form.document} is not among the documents as a form`,
    );
  }
}

/** An author cannot choose the procedure that judges its act. */
function checkSamePractice(event: HubEvent, known: PracticeStanding): void {
  const { code, version } = known.procedure;
  if (
    event.procedure.code === code &&
    event.procedure.version === version &&
    event.practice.cui === known.practice.cui
  ) {
    return;
  }
  throw refused(
    'PRACTICE_DIFFERS',
    event,
    `practice ${event.practice.uuid} is ${known.practice.cui}, ${code} ${version}`,
  );
}

function partOf(event: HubEvent, participants: readonly EntitledParty[]): EntitledParty['part'] {
  const party = participants.find(({ ipa }) => sameIpa(ipa, event.author.ipa));
  if (party !== undefined) return party.part;
  throw refused(
    'NOT_A_PARTICIPANT',
    event,
    `${event.author.ipa} takes no part in practice ${event.practice.uuid}`,
  );
}

function checkGranted(event: HubEvent, procedure: Procedure, part: EntitledParty['part']): void {
  if (procedure.grants[part].includes(event.type)) return;
  throw refused(
    'TYPE_NOT_GRANTED',
    event,
    `${procedure.code} does not grant ${event.type} to the part ${part}`,
  );
}

function refused(code: HubError['code'], event: HubEvent, message: string): HubError {
  return new HubError(code, message, {
    details: { author: event.author.ipa, event: event.id, type: event.type },
  });
}
