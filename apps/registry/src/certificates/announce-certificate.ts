import { X509Certificate } from 'node:crypto';
import type { RegisteredCertificate } from '#contracts';
import { HubError } from '#errors';
import { readCertificate, readCertificatePem } from '#evidence';
import type { RegistryAtVersion } from '#registry-chain';
import { certificateOf } from '../catalogue/read-certificates.ts';
import type { PublishedEntry, RegistryLedger } from '../ledger/registry-ledger.ts';

/**
 * Announces a holder's next certificate: every node knows it before its holder signs with it. The holder must be known
 * already, in this role; whoever joins the network does so with the catalogue.
 */
export class AnnounceCertificate {
  readonly #ledger: RegistryLedger;

  constructor(ledger: RegistryLedger) {
    this.#ledger = ledger;
  }

  /** @throws HubError `CERTIFICATE_MALFORMED`, `CERTIFICATE_UNTRUSTED`, `CERTIFICATE_NOT_NEXT` */
  async run(pem: string): Promise<PublishedEntry> {
    const [published] = await this.#ledger.publish((current) => [
      { kind: 'certificate.published', certificate: next(pem, current) },
    ]);
    if (published !== undefined) return published;
    throw new HubError('INTERNAL_ERROR', 'an announcement was planned and not published');
  }
}

function next(pem: string, current: RegistryAtVersion): RegisteredCertificate {
  const generation = readCertificatePem(pem).subject?.generation;
  const certificate = certificateOf(new X509Certificate(pem), current.anchors);
  if (certificate === undefined || generation === undefined)
    throw new HubError('CERTIFICATE_UNTRUSTED', 'no anchor has issued it, or its subject is of another form');
  const { holder, role, purpose } = certificate;
  const known = current
    .certificates()
    .filter((each) => each.holder === holder && each.role === role && each.purpose === purpose);
  const newest = Math.max(0, ...known.map((each) => generationIn(each.der)));
  if (known.length > 0 && generation > newest) return certificate;
  const has = known.length === 0 ? 'none of this role and purpose' : `generation ${newest}`;
  throw new HubError('CERTIFICATE_NOT_NEXT', `generation ${generation} of ${holder}, who has ${has}`);
}

function generationIn(der: string): number {
  return readCertificate(Buffer.from(der, 'base64')).subject?.generation ?? 0;
}
