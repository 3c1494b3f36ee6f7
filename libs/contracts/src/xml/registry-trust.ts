/** What a registry entry says about trust: certificates, the root's successor, issuers of others, revocation lists. */
import {
  CERTIFICATE_PURPOSES,
  CERTIFICATE_ROLES,
  type RegisteredCertificate,
  type RegistryChange,
} from '../decision.ts';
import { parseSha256 } from '../ids.ts';
import { bytes, moment, one, required, word } from './read.ts';
import type { XmlTree } from './tree.ts';
import { attribute, element, text } from './write.ts';

type TrustKind = 'root.rotated' | 'anchor.published' | 'anchor.withdrawn' | 'crl.published';
type TrustChange = Extract<RegistryChange, { readonly kind: TrustKind }>;

export function writeTrustChange(change: TrustChange): string {
  switch (change.kind) {
    case 'root.rotated':
      return element(
        'RootRotated',
        '',
        element('Root', '', text(change.root)) +
          element('NewWithOld', '', text(change.newWithOld)) +
          writeCertificate('Certificate', change.certificate) +
          element('Acceptance', '', text(change.acceptance)),
      );
    case 'anchor.published':
      return element('AnchorPublished', '', element('Der', '', text(change.anchor)));
    case 'anchor.withdrawn':
      return element(
        'AnchorWithdrawn',
        attribute('fingerprint', change.fingerprint) + attribute('withdrawnFrom', change.withdrawnFrom),
      );
    case 'crl.published':
      return element(
        'CrlPublished',
        attribute('issuer', change.issuer),
        element('Der', '', text(change.crl)),
      );
  }
}

export function readTrustChange(kind: TrustKind, tree: XmlTree): TrustChange {
  switch (kind) {
    case 'root.rotated':
      return {
        kind,
        root: base64(one(tree, 'Root')),
        newWithOld: base64(one(tree, 'NewWithOld')),
        certificate: readCertificate(one(tree, 'Certificate')),
        acceptance: base64(one(tree, 'Acceptance')),
      };
    case 'anchor.published':
      return { kind, anchor: base64(one(tree, 'Der')) };
    case 'anchor.withdrawn':
      return {
        kind,
        fingerprint: parseSha256(required(tree, 'fingerprint')),
        withdrawnFrom: moment(required(tree, 'withdrawnFrom')),
      };
    case 'crl.published':
      return { kind, issuer: parseSha256(required(tree, 'issuer')), crl: base64(one(tree, 'Der')) };
  }
}

export function writeCertificate(name: string, certificate: RegisteredCertificate): string {
  return element(
    name,
    attribute('fingerprint', certificate.fingerprint) +
      attribute('holder', certificate.holder) +
      attribute('notAfter', certificate.notAfter) +
      attribute('notBefore', certificate.notBefore) +
      attribute('purpose', certificate.purpose) +
      attribute('role', certificate.role),
    element('Der', '', text(certificate.der)),
  );
}

export function readCertificate(tree: XmlTree): RegisteredCertificate {
  return {
    holder: required(tree, 'holder'),
    role: word(required(tree, 'role'), CERTIFICATE_ROLES),
    purpose: word(required(tree, 'purpose'), CERTIFICATE_PURPOSES),
    fingerprint: parseSha256(required(tree, 'fingerprint')),
    der: base64(one(tree, 'Der')),
    notBefore: moment(required(tree, 'notBefore')),
    notAfter: moment(required(tree, 'notAfter')),
  };
}

/** The element's text, which must be strict base64: it stays text, as the entry carries it. */
function base64(tree: XmlTree): string {
  bytes(tree.text);
  return tree.text;
}
