/**
 * Reconciliation on the wire: one side's signed statement (`contracts/xsd/reconciliation-1.xsd`), and the certificate that
 * two of them are (`contracts/xsd/reconciliation-certificate-1.xsd`).
 */
import { parseIpaCode } from '../ids.ts';
import { sameIpa } from '../routing/same-ipa.ts';
import type { HeldEvents, Reconciliation, ReconciliationCertificate } from './documents.ts';
import { all, bytes, moment, required, unexpected, version, whole } from './read.ts';
import { readTree, type XmlTree } from './tree.ts';
import { attribute, document, element } from './write.ts';

/** Bytes of a tree's root: SHA-256. */
const ROOT_BYTES = 32;

/** The statement's unsigned bytes: UTF-8, its own exclusive canonical form, ready to be signed by `by`. */
export function serializeReconciliation(statement: Reconciliation): Buffer {
  return document(
    'reconciliation',
    attribute('by', statement.by) +
      attribute('from', statement.from) +
      attribute('time', statement.time) +
      attribute('to', statement.to) +
      attribute('version', statement.version) +
      attribute('with', statement.with),
    statement.events.map(writeEvents).join(''),
  );
}

/**
 * Reads a statement, signed or not, without its XSD (see `parseValidated`).
 * @throws HubError `XML_TOO_LARGE`, `XML_MALFORMED`, `XML_FORBIDDEN_CONSTRUCT`, `XML_UNEXPECTED`, `ID_MALFORMED`
 */
export function parseReconciliation(xml: Buffer): Reconciliation {
  return readReconciliation(readTree('reconciliation', xml));
}

export function readReconciliation(tree: XmlTree): Reconciliation {
  const [first, second, ...others] = all(tree, 'Events').map(readEvents);
  if (first === undefined || second === undefined || others.length > 0)
    return unexpected('a statement speaks of the events of two authors');
  const statement: Reconciliation = {
    version: version(required(tree, 'version')),
    by: parseIpaCode(required(tree, 'by')),
    with: parseIpaCode(required(tree, 'with')),
    from: moment(required(tree, 'from')),
    to: moment(required(tree, 'to')),
    time: moment(required(tree, 'time')),
    events: [first, second],
  };
  checkAuthors(statement);
  return statement;
}

/** The certificate as it travels: UTF-8, its own exclusive canonical form; the signed statements as base64. */
export function serializeReconciliationCertificate(certificate: ReconciliationCertificate): Buffer {
  return document(
    'reconciliation-certificate',
    attribute('version', certificate.version),
    certificate.statements
      .map((statement) => element('Statement', '', statement.toString('base64')))
      .join(''),
  );
}

/**
 * Reads a certificate, without its XSD (see `parseValidated`) and without verifying it.
 * @throws HubError `XML_TOO_LARGE`, `XML_MALFORMED`, `XML_FORBIDDEN_CONSTRUCT`, `XML_UNEXPECTED`
 */
export function parseReconciliationCertificate(xml: Buffer): ReconciliationCertificate {
  return readReconciliationCertificate(readTree('reconciliation-certificate', xml));
}

export function readReconciliationCertificate(tree: XmlTree): ReconciliationCertificate {
  const [first, second, ...others] = all(tree, 'Statement').map(({ text }) => bytes(text));
  if (first === undefined || second === undefined || others.length > 0)
    return unexpected('a certificate of reconciliation holds two statements');
  return { version: version(required(tree, 'version')), statements: [first, second] };
}

/** What an XSD 1.0 cannot say: the two authors are the two that are compared, and the range is one. */
function checkAuthors({ by, with: other, events, from, to }: Reconciliation): void {
  const [{ author: first }, { author: second }] = events;
  const fits =
    !sameIpa(by, other) &&
    ((sameIpa(first, by) && sameIpa(second, other)) || (sameIpa(first, other) && sameIpa(second, by)));
  if (!fits) unexpected('the authors of a statement are not the two bodies that it is between');
  if (from >= to) unexpected('the range of a statement ends before it begins');
}

function writeEvents({ author, count, root }: HeldEvents): string {
  return element('Events', attribute('author', author) + attribute('count', count) + attribute('root', root));
}

function readEvents(tree: XmlTree): HeldEvents {
  const root = required(tree, 'root');
  if (bytes(root).length !== ROOT_BYTES) unexpected('the root of a tree must be 32 bytes');
  return {
    author: parseIpaCode(required(tree, 'author')),
    count: whole(required(tree, 'count'), 0),
    root,
  };
}
