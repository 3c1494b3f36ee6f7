/** Parts that several kinds of document share, written and read in one place. */
import {
  FACT_KINDS,
  type DocumentRef,
  type DocumentRole,
  type Fact,
  type PracticeRef,
  type RegistryVersion,
  type Term,
} from '../event.ts';
import { CANCELLATION_REASONS, type Registration, type RegistrationCancellation } from '../decision.ts';
import {
  parseCui,
  parseDocumentId,
  parseIpaCode,
  parseIstatCode,
  parsePracticeId,
  parseSha256,
} from '../ids.ts';
import { required, unexpected, whole, word } from './read.ts';
import type { XmlTree } from './tree.ts';
import { attribute, element } from './write.ts';

export const TERM_KINDS = ['calendar', 'working'] as const satisfies readonly Term['kind'][];

export function writePractice(practice: PracticeRef): string {
  return element(
    'Practice',
    attribute('cui', practice.cui) + attribute('owner', practice.owner) + attribute('uuid', practice.uuid),
  );
}

export function readPractice(tree: XmlTree): PracticeRef {
  return {
    owner: parseIpaCode(required(tree, 'owner')),
    uuid: parsePracticeId(required(tree, 'uuid')),
    cui: parseCui(required(tree, 'cui')),
  };
}

export function writeRegistryVersion(name: string, version: RegistryVersion): string {
  return element(name, attribute('digest', version.digest) + attribute('number', version.number));
}

export function readRegistryVersion(tree: XmlTree): RegistryVersion {
  return { number: whole(required(tree, 'number')), digest: parseSha256(required(tree, 'digest')) };
}

interface ProcedureVersion {
  readonly code: string;
  readonly version: number;
}

export function writeProcedureVersion(procedure: ProcedureVersion): string {
  return element('Procedure', attribute('code', procedure.code) + attribute('version', procedure.version));
}

export function readProcedureVersion(tree: XmlTree): ProcedureVersion {
  return { code: required(tree, 'code'), version: whole(required(tree, 'version')) };
}

/** `name` is for a procedure's named terms. */
export function writeTerm(term: Term, name?: string): string {
  return element(
    'Term',
    attribute('days', term.days) + attribute('kind', term.kind) + attribute('name', name),
  );
}

export function readTerm(tree: XmlTree): Term {
  return { days: whole(required(tree, 'days')), kind: word(required(tree, 'kind'), TERM_KINDS) };
}

export function writeFact(fact: Fact): string {
  return element(
    'Fact',
    attribute('kind', fact.kind) + attribute('name', fact.name) + attribute('value', fact.value),
  );
}

/** Booleans and ISTAT codes are checked here; codes and bands against the procedure, where that is known. */
export function readFact(tree: XmlTree): Fact {
  const kind = word(required(tree, 'kind'), FACT_KINDS);
  const value = required(tree, 'value');
  if (kind === 'boolean') word(value, ['true', 'false']);
  if (kind === 'istat') parseIstatCode(value);
  return { name: required(tree, 'name'), kind, value };
}

/** A document as events and manifests name it. */
export function writeDocumentRef(reference: DocumentRef): string {
  return element(
    'Document',
    attribute('digest', reference.saltedDigest) +
      attribute('id', reference.id) +
      attribute('mediaType', reference.mediaType) +
      attribute('role', reference.role) +
      attribute('size', reference.size),
  );
}

/** @param roles those that a document may have here */
export function readDocumentRef<R extends DocumentRole>(
  tree: XmlTree,
  roles: readonly R[],
): DocumentRef & { readonly role: R } {
  return {
    id: parseDocumentId(required(tree, 'id')),
    role: word(required(tree, 'role'), roles),
    mediaType: required(tree, 'mediaType'),
    size: whole(required(tree, 'size'), 0),
    saltedDigest: parseSha256(required(tree, 'digest')),
  };
}

/** Patterns of `contracts/xsd/types-1.xsd`: a reader without the XSD refuses the same. */
const REGISTER_CODE = /^[A-Za-z0-9_.-]{1,16}$/;
const REGISTER_NUMBER = /^[0-9]{7,12}$/;
const DAY = /^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$/;
const CODE = /^[A-Za-z0-9][A-Za-z0-9_.:/+-]{0,127}$/;

export function writeRegistration(registration: Registration | null): string {
  if (registration === null) return '';
  const { aoo, date, number, register } = registration;
  return element(
    'Registration',
    attribute('aoo', aoo) +
      attribute('date', date) +
      attribute('number', number) +
      attribute('register', register),
  );
}

export function readRegistration(tree: XmlTree): Registration {
  return {
    aoo: shaped(required(tree, 'aoo'), REGISTER_CODE),
    register: shaped(required(tree, 'register'), REGISTER_CODE),
    number: shaped(required(tree, 'number'), REGISTER_NUMBER),
    date: shaped(required(tree, 'date'), DAY),
  };
}

export function writeCancellation(cancellation: RegistrationCancellation | null): string {
  if (cancellation === null) return '';
  return element(
    'Cancellation',
    attribute('act', cancellation.act) + attribute('reason', cancellation.reason),
  );
}

export function readCancellation(tree: XmlTree): RegistrationCancellation {
  return {
    reason: word(required(tree, 'reason'), CANCELLATION_REASONS),
    act: shaped(required(tree, 'act'), CODE),
  };
}

function shaped(value: string, shape: RegExp): string {
  return shape.test(value) ? value : unexpected(`${JSON.stringify(value.slice(0, 80))} is not of that shape`);
}
