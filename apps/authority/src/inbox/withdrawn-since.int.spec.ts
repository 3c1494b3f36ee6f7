import { expect, it } from 'vitest';
import { parseIpaCode, parseSha256 } from '#contracts';
import { issueAuthority, issueCertificate } from '#embedded';
import { pemSigner, readCertificatePem, type Signer } from '#evidence';
import { done, park } from '#messaging';
import { aDecision, aPractice, inboxRecord, type TestNetwork } from '#testing';
import { realNetwork, TestNode } from '../authority.fixture.ts';

const IPA = 'p_cr';
const CITY = parseIpaCode('c_d150');

const network = await realNetwork();
const node = await TestNode.start(network, IPA);

/** Publishes an issuer of others and the Comune's seal under it: a network in which the Comune signs with that. */
async function withSeal(): Promise<{ readonly sealed: TestNetwork; readonly issuer: string }> {
  const validity = { notBefore: new Date(Date.now() - 60_000), notAfter: new Date(Date.now() + 86_400_000) };
  const provider = await issueAuthority(validity, 'A provider of seals');
  const subject = [{ C: ['IT'] }, { CN: ['Comune di Prova'] }];
  const { certificate, key } = await issueCertificate(provider, { subject, purpose: 'signing', ...validity });
  const issuer = readCertificatePem(provider.certificate);
  const { fingerprint, x509 } = readCertificatePem(certificate);
  await network.publish({ kind: 'anchor.published', anchor: issuer.x509.raw.toString('base64') });
  await network.publish({
    kind: 'certificate.published',
    certificate: {
      ...{ holder: CITY, role: 'authority', purpose: 'signing', fingerprint },
      der: x509.raw.toString('base64'),
      notBefore: x509.validFromDate.toISOString(),
      notAfter: x509.validToDate.toISOString(),
    },
  });
  const seal = pemSigner(certificate, key, CITY);
  const signerOf = (holder: string): Signer => (holder === CITY ? seal : network.signerOf(holder));
  const { registry, clock, ids } = network;
  return { sealed: { registry, clock, ids, signerOf } as unknown as TestNetwork, issuer: issuer.fingerprint };
}

it('an event that was accepted under an issuer’s seal stays accepted when the issuer is withdrawn; no other passes', async () => {
  const { sealed, issuer } = await withSeal();
  const filed = await aPractice(sealed).filedBy(CITY).signed();
  const late = await aPractice(sealed).filedBy(CITY).signed();
  const accepted = await aDecision(filed, 1);
  const [otherDecision, otherEvent] = [await aDecision(filed, 1), await aDecision(late, 1)];
  expect(await node.receive.run([inboxRecord(accepted, IPA)])).toEqual([done()]);

  const withdrawnFrom = new Date(Date.now() - 1_000).toISOString();
  await network.publish({
    kind: 'anchor.withdrawn',
    fingerprint: parseSha256(issuer),
    withdrawnFrom,
  });
  const again = await node.receive.run([
    inboxRecord(accepted, IPA, { offset: 'again' }),
    inboxRecord(otherDecision, IPA, { offset: 'other decision' }),
    inboxRecord(otherEvent, IPA, { offset: 'other event' }),
  ]);
  const refused = park('TRUST_ANCHOR_WITHDRAWN');
  expect(again).toEqual([done(), refused, refused]);
  const rows = await node.rows(
    `select 1 as accepted from event where event_id = $1 and status = 'accepted'`,
    [filed.event.id],
  );
  expect(rows).toHaveLength(1);
});
