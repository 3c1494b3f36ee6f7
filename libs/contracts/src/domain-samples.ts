/** Sample registry, events and decisions for this room's specs. Everyone in them is invented. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { loadCatalogue, type Catalogue } from './catalogue/index.ts';
import type { Decision } from './decision.ts';
import type { EventBody, Fact, HubEvent, PracticeRef } from './event.ts';
import type { FoldStep } from './fold/index.ts';
import {
  parseCui,
  parseDocumentId,
  parseEventId,
  parseIpaCode,
  parseIstatCode,
  parsePracticeId,
  parseSha256,
} from './ids.ts';
import type { Participant, Procedure, PublicBody, RoutingRegistry } from './procedure.ts';
import { sameIpa } from './routing/index.ts';

export const CATALOGUE_DIR = join(import.meta.dirname, '../../../contracts/catalogue/cremona');
export const REFERENCE_DIR = join(import.meta.dirname, '../../../../shared/reference/moduli');

/** The catalogue as a registry at one version. */
export function registryOf(catalogue: Catalogue): RoutingRegistry {
  const body = (ipa: string) => catalogue.bodies.find((known) => sameIpa(known.ipa, ipa));
  const municipality = (istat: string) => catalogue.bodies.find((known) => known.istat === istat);
  const present = (found: readonly (PublicBody | undefined)[]) =>
    found.filter((known) => known !== undefined);
  return {
    body,
    municipality,
    procedure: (code, version) =>
      catalogue.procedures.find((procedure) => procedure.code === code && procedure.version === version),
    bordering: (istat) =>
      present(
        catalogue.borders
          .filter((pair) => pair.includes(istat))
          .flat()
          .filter((other) => other !== istat)
          .map(municipality),
      ),
    area: (code) => present((catalogue.areas.find((area) => area.code === code)?.bodies ?? []).map(body)),
  };
}

export const CATALOGUE = loadCatalogue(CATALOGUE_DIR);
export const REGISTRY = registryOf(CATALOGUE);

export function procedureCalled(code: string): Procedure {
  const procedure = CATALOGUE.procedures.find((known) => known.code === code);
  if (procedure === undefined) throw new RangeError(`no procedure ${code}`);
  return procedure;
}

export const sha256 = (text: string) => parseSha256(createHash('sha256').update(text).digest('hex'));
const hex = (number: number) => number.toString(16).padStart(12, '0');
export const eventId = (number: number) => parseEventId(`01990000-0000-7000-8000-${hex(number)}`);
const DOCUMENT = parseDocumentId('01990000-0000-4000-8000-000000000001');

export const PRACTICE: PracticeRef = {
  owner: parseIpaCode('c_d150'),
  uuid: parsePracticeId('01990000-0000-4000-8000-0000000000aa'),
  cui: parseCui('c_d150/2026/000001'),
};

/** A filing under the procedure's first form, with `facts` given as `name: value`. */
export function aFiling(
  code: string,
  facts: Readonly<Record<string, string>>,
  over: Partial<HubEvent> = {},
): HubEvent {
  const form = procedureCalled(code).forms[0];
  if (form === undefined) throw new RangeError(`no form of ${code}`);
  const { namespace, root, version } = form;
  const given = form.facts.flatMap(({ name, kind }): Fact[] => {
    const value = facts[name];
    return value === undefined ? [] : [{ name, kind, value }];
  });
  return {
    ...anAct(
      1,
      'c_d150',
      { type: 'practice.filed', form: { namespace, root, version, document: DOCUMENT } },
      code,
    ),
    facts: given,
    documents: [
      { id: DOCUMENT, role: 'form', mediaType: 'application/xml', size: 1, saltedDigest: sha256('form') },
    ],
    ...over,
  };
}

/** The `number`-th event of the sample practice, by `author`, a day after the one before. */
export function anAct(number: number, author: string, body: EventBody, code = 'edilizia.scia'): HubEvent {
  return {
    id: eventId(number),
    type: body.type,
    version: '1.0',
    time: new Date(Date.UTC(2026, 0, number, 9)).toISOString(),
    author: { ipa: parseIpaCode(author), office: 'SUAP' },
    practice: PRACTICE,
    sequence: { number, previous: null },
    replaces: null,
    cause: null,
    registry: { number: 1, digest: sha256('registry') },
    procedure: { code, version: 1 },
    territory: parseIstatCode('019036'),
    facts: [],
    body,
    documents: [],
  };
}

/** The event with its decision at `position`, as the router would pair them. */
export function aStep(event: HubEvent, position: number, participants: readonly Participant[]): FoldStep {
  const eventDigest = sha256(event.id);
  const decision: Decision = {
    version: '1.0',
    router: 'router-1',
    time: event.time,
    event: {
      author: event.author.ipa,
      id: event.id,
      type: event.type,
      digest: eventDigest,
      signedInfoDigest: sha256(`${event.id} signed`),
    },
    practice: event.practice,
    position,
    registry: event.registry,
    procedure: event.procedure,
    participants,
    rules: [],
  };
  return { event, eventDigest, decision };
}
