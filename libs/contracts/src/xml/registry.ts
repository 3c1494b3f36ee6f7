/** The registry entry on the wire (`contracts/xsd/registry-1.xsd`): an element per kind of change. */
import { deflateSync, inflateSync } from 'node:zlib';
import type { FormSchema, RegistryChange, RegistryEntry, SchemaFile } from '../decision.ts';
import { parseIpaCode, parseIstatCode, parseSha256 } from '../ids.ts';
import type { BodyKind, PublicBody } from '../procedure.ts';
import { MAX_SCHEMA_FILE_BYTES } from './limits.ts';
import {
  all,
  bytes,
  moment,
  only,
  optional,
  plain,
  required,
  truth,
  unexpected,
  version,
  whenPresent,
  whole,
  word,
} from './read.ts';
import { readProcedure, writeProcedure } from './registry-procedure.ts';
import { readCertificate, readTrustChange, writeCertificate, writeTrustChange } from './registry-trust.ts';
import { readTree, type XmlTree } from './tree.ts';
import { attribute, document, element, text } from './write.ts';

export const BODY_KINDS = [
  'municipality',
  'province',
  'region',
  'health',
  'other',
] as const satisfies readonly BodyKind[];

export const REVOCATION_REASONS = ['key-compromise', 'superseded', 'cessation'] as const;

/** Element name of a kind of change: `network.founded` → `NetworkFounded`. */
const ELEMENTS = {
  NetworkFounded: 'network.founded',
  BodyPublished: 'body.published',
  CertificatePublished: 'certificate.published',
  CertificateRevoked: 'certificate.revoked',
  BorderPublished: 'border.published',
  AreaPublished: 'area.published',
  ProcedurePublished: 'procedure.published',
  FormPublished: 'form.published',
  RootRotated: 'root.rotated',
  AnchorPublished: 'anchor.published',
  AnchorWithdrawn: 'anchor.withdrawn',
  CrlPublished: 'crl.published',
} as const satisfies Record<string, RegistryChange['kind']>;

/** The entry's unsigned bytes: UTF-8, its own exclusive canonical form, ready to be signed by the registry. */
export function serializeRegistryEntry(entry: RegistryEntry): Buffer {
  return document(
    'registry',
    attribute('number', entry.number) +
      attribute('previous', entry.previous) +
      attribute('time', entry.time) +
      attribute('version', entry.version),
    writeChange(entry.change),
  );
}

/**
 * Reads an entry, signed or not, without its XSD (see `parseValidated`).
 * @throws HubError `XML_TOO_LARGE`, `XML_MALFORMED`, `XML_FORBIDDEN_CONSTRUCT`, `XML_UNEXPECTED`, `ID_MALFORMED`
 */
export function parseRegistryEntry(xml: Buffer): RegistryEntry {
  return readRegistryEntry(readTree('registry', xml));
}

export function readRegistryEntry(tree: XmlTree): RegistryEntry {
  return {
    version: version(required(tree, 'version')),
    number: whole(required(tree, 'number')),
    previous: optional(tree, 'previous', parseSha256),
    time: moment(required(tree, 'time')),
    change: readChange(only(tree)),
  };
}

function writeChange(change: RegistryChange): string {
  switch (change.kind) {
    case 'network.founded':
      return element(
        'NetworkFounded',
        attribute('network', change.network),
        change.anchors.map((anchor) => element('Anchor', '', text(anchor))).join(''),
      );
    case 'body.published':
      return element('BodyPublished', bodyAttributes(change.body));
    case 'certificate.published':
      return writeCertificate('CertificatePublished', change.certificate);
    case 'certificate.revoked':
      return element(
        'CertificateRevoked',
        attribute('fingerprint', change.fingerprint) +
          attribute('reason', change.reason) +
          attribute('revokedFrom', change.revokedFrom),
      );
    case 'border.published':
      return element(
        'BorderPublished',
        attribute('first', change.between[0]) + attribute('second', change.between[1]),
      );
    case 'area.published':
      return element(
        'AreaPublished',
        attribute('code', change.code),
        change.bodies.map((ipa) => element('Member', attribute('ipa', ipa))).join(''),
      );
    case 'procedure.published':
      return writeProcedure(change.procedure);
    case 'form.published':
      return writeForm(change.form);
    case 'root.rotated':
    case 'anchor.published':
    case 'anchor.withdrawn':
    case 'crl.published':
      return writeTrustChange(change);
  }
}

function readChange(tree: XmlTree): RegistryChange {
  const kind = changeKind(tree.name);
  switch (kind) {
    case 'network.founded':
      return {
        kind,
        network: required(tree, 'network'),
        anchors: all(tree, 'Anchor').map((anchor) => anchor.text),
      };
    case 'body.published':
      return { kind, body: readPublicBody(tree) };
    case 'certificate.published':
      return { kind, certificate: readCertificate(tree) };
    case 'certificate.revoked':
      return {
        kind,
        fingerprint: parseSha256(required(tree, 'fingerprint')),
        revokedFrom: moment(required(tree, 'revokedFrom')),
        reason: word(required(tree, 'reason'), REVOCATION_REASONS),
      };
    case 'border.published':
      return {
        kind,
        between: [parseIstatCode(required(tree, 'first')), parseIstatCode(required(tree, 'second'))],
      };
    case 'area.published':
      return {
        kind,
        code: required(tree, 'code'),
        bodies: all(tree, 'Member').map((member) => parseIpaCode(required(member, 'ipa'))),
      };
    case 'procedure.published':
      return { kind, procedure: readProcedure(tree) };
    case 'form.published':
      return { kind, form: readForm(tree) };
    case 'root.rotated':
    case 'anchor.published':
    case 'anchor.withdrawn':
    case 'crl.published':
      return readTrustChange(kind, tree);
  }
}

function changeKind(name: string): RegistryChange['kind'] {
  const found = Object.entries(ELEMENTS).find(([candidate]) => candidate === name);
  return found === undefined ? unexpected(`${name.slice(0, 80)} is not a change of the registry`) : found[1];
}

function bodyAttributes(body: PublicBody): string {
  return (
    attribute('ipa', body.ipa) +
    attribute('istat', body.istat) +
    attribute('joined', body.joined) +
    attribute('kind', body.kind) +
    attribute('name', body.name) +
    attribute('nodeUrl', body.nodeUrl) +
    attribute('office', body.office) +
    attribute('pec', body.pec) +
    attribute('province', body.province)
  );
}

function readPublicBody(tree: XmlTree): PublicBody {
  return {
    ipa: parseIpaCode(required(tree, 'ipa')),
    name: required(tree, 'name'),
    kind: word(required(tree, 'kind'), BODY_KINDS),
    office: required(tree, 'office'),
    ...whenPresent(tree, 'istat', parseIstatCode),
    ...whenPresent(tree, 'province', parseIpaCode),
    pec: required(tree, 'pec'),
    joined: truth(required(tree, 'joined')),
    ...whenPresent(tree, 'nodeUrl', plain),
  };
}

function writeForm(form: FormSchema): string {
  return element(
    'FormPublished',
    attribute('entry', form.entry) +
      attribute('namespace', form.namespace) +
      attribute('root', form.root) +
      attribute('version', form.version),
    form.files
      .map((file) =>
        element(
          'File',
          attribute('path', file.path),
          deflateSync(file.bytes, { level: 9 }).toString('base64'),
        ),
      )
      .join(''),
  );
}

function readForm(tree: XmlTree): FormSchema {
  return {
    namespace: required(tree, 'namespace'),
    root: required(tree, 'root'),
    version: required(tree, 'version'),
    entry: required(tree, 'entry'),
    files: all(tree, 'File').map(readFile),
  };
}

/** Inflates within a bound: an entry cannot blow up the memory of the nodes that read it. */
function readFile(tree: XmlTree): SchemaFile {
  const path = required(tree, 'path');
  try {
    return { path, bytes: inflateSync(bytes(tree.text), { maxOutputLength: MAX_SCHEMA_FILE_BYTES }) };
  } catch (cause) {
    return unexpected(`file ${JSON.stringify(path.slice(0, 80))} of the form does not inflate`, cause);
  }
}
