/** Cases of who signed and when: good signatures by certificates that may not, and the borders of what may. */
import {
  serializeDecision,
  serializeEvent,
  serializeFilingReceipt,
  serializeRegistryEntry,
} from '#contracts';
import type { ErrorCode } from '#errors';
import { signDecisions, signXml, type Signer } from '#evidence';
import { aDecision, aFilingReceipt, anAct, aRegistryEntry, AUTHOR } from '../samples.ts';
import { AT, CorpusAuthority, NO_CONTENT_COMMITMENT, OF_A_CA, type Issue } from './authority.ts';
import { replaced, type CaseKind, type Made } from './case.ts';

const MINUTE_MS = 60_000;
const later = (ms: number): Date => new Date(AT.getTime() + ms);

export async function signerCases(authority: CorpusAuthority): Promise<readonly Made[]> {
  return [
    ...(await certificates(authority)),
    ...(await times(authority)),
    ...(await wrongAuthors(authority)),
    ...(await otherKinds(authority)),
    ...(await schema(authority)),
  ];
}

interface Options {
  readonly signedAt?: Date;
  readonly arrivesAt?: Date;
}

async function event(
  name: string,
  code: ErrorCode | null,
  about: string,
  signer: Signer,
  { signedAt = AT, arrivesAt }: Options = {},
): Promise<Made> {
  const bytes = await signXml(serializeEvent(anAct(AT)), signer, signedAt);
  const at = arrivesAt === undefined ? {} : { at: arrivesAt.toISOString() };
  return { name: `signer/${name}`, code, about, bytes, general: true, ...at };
}

async function certificates(authority: CorpusAuthority): Promise<readonly Made[]> {
  const stranger = await CorpusAuthority.create('another CA');
  const by = async (
    name: string,
    code: ErrorCode,
    about: string,
    issue: Omit<Issue, 'holder' | 'label'>,
  ): Promise<Made> =>
    await event(name, code, about, await authority.signer({ holder: AUTHOR, label: name, ...issue }));
  const wide = await authority.signer({ holder: AUTHOR, key: 'P-384', label: 'other curve' });
  const narrow = await authority.signer({ holder: AUTHOR, label: 'claimed curve' });
  const { algorithm } = narrow.certificate;
  return [
    await by('self-signed', 'CERTIFICATE_UNTRUSTED', 'The certificate is self-signed, although listed.', {
      selfSigned: true,
    }),
    await event(
      'of-another-ca',
      'CERTIFICATE_UNTRUSTED',
      'A CA of the same name, with another key, issued the certificate.',
      await listedWith(authority, stranger),
    ),
    await by('ca-certificate', 'CERTIFICATE_KEY_UNSUITABLE', 'The certificate is that of a CA.', {
      ca: true,
      keyUsage: OF_A_CA,
    }),
    await by('wrong-key-usage', 'CERTIFICATE_KEY_UNSUITABLE', 'Key usage lacks contentCommitment.', {
      keyUsage: NO_CONTENT_COMMITMENT,
    }),
    await by('transport-purpose', 'CERTIFICATE_ROLE_WRONG', 'The certificate is for transport.', {
      purpose: 'transport',
    }),
    {
      ...(await event(
        'key-of-another-curve',
        'CERTIFICATE_KEY_UNSUITABLE',
        'The method names P-256, the key is of P-384.',
        { ...narrow, certificate: { ...wide.certificate, algorithm } },
      )),
      general: false,
    },
    await by('unknown', 'CERTIFICATE_UNKNOWN', 'The registry does not list the certificate.', {
      listed: null,
    }),
    await by(
      'listed-for-another-holder',
      'CERTIFICATE_LISTING_DISAGREES',
      'The registry lists the certificate for another member.',
      { listed: { holder: 'p_cr' } },
    ),
    await by(
      'listed-for-another-role',
      'CERTIFICATE_LISTING_DISAGREES',
      'The registry lists the certificate for another role.',
      { listed: { role: 'router' } },
    ),
    await by('revoked', 'KEY_REVOKED_BEFORE_ARRIVAL', 'The key was revoked before arrival.', {
      listed: { revokedFrom: later(-MINUTE_MS).toISOString() },
    }),
    await by(
      'revoked-at-arrival',
      'KEY_REVOKED_BEFORE_ARRIVAL',
      'The key is revoked from the millisecond of arrival.',
      { listed: { revokedFrom: AT.toISOString() } },
    ),
    await by('expired', 'CERTIFICATE_EXPIRED', 'The certificate ended before SigningTime.', {
      notAfter: later(-1000),
    }),
    await by('not-yet-valid', 'CERTIFICATE_NOT_YET_VALID', 'The certificate begins after SigningTime.', {
      notBefore: later(1000),
    }),
  ];
}

/** A certificate of a CA that is no anchor, listed by the registry all the same. */
async function listedWith(authority: CorpusAuthority, stranger: CorpusAuthority): Promise<Signer> {
  const signer = await stranger.signer({ holder: AUTHOR });
  authority.list(signer);
  return signer;
}

async function times(authority: CorpusAuthority): Promise<readonly Made[]> {
  const signer = await authority.signer({ holder: AUTHOR, label: 'times' });
  const ended = await authority.signer({ holder: AUTHOR, label: 'ended', notAfter: later(5000) });
  const revokedFrom = AT.toISOString();
  const stolen = await authority.signer({ holder: AUTHOR, label: 'stolen', listed: { revokedFrom } });
  const yearAgo = later(-100 * 1440 * MINUTE_MS);
  return [
    await event('ahead-of-arrival', null, 'SigningTime is 15 minutes ahead of arrival.', signer, {
      signedAt: later(15 * MINUTE_MS),
    }),
    await event(
      'too-far-ahead-of-arrival',
      'SIGNING_TIME_IN_FUTURE',
      'SigningTime is 15 minutes and a millisecond ahead of arrival.',
      signer,
      { signedAt: later(15 * MINUTE_MS + 1) },
    ),
    await event('arrives-much-later', null, 'SigningTime is 100 days behind arrival.', signer, {
      signedAt: yearAgo,
    }),
    await event(
      'expired-before-arrival',
      null,
      'The certificate ended after SigningTime and before arrival.',
      ended,
      { arrivesAt: later(60 * MINUTE_MS) },
    ),
    await event('revoked-after-arrival', null, 'The key was revoked a millisecond after arrival.', stolen, {
      arrivesAt: later(-1),
    }),
    await event(
      'back-dated-with-stolen-key',
      'KEY_REVOKED_BEFORE_ARRIVAL',
      'SigningTime is before revocation, arrival is not.',
      stolen,
      { signedAt: yearAgo },
    ),
  ];
}

async function wrongAuthors(authority: CorpusAuthority): Promise<readonly Made[]> {
  return [
    await event(
      'another-member',
      'CERTIFICATE_NOT_OF_AUTHOR',
      'Another member signed.',
      await authority.signer({ holder: 'p_cr', label: 'other' }),
    ),
    await event(
      'router',
      'CERTIFICATE_ROLE_WRONG',
      'A router of the author’s name signed.',
      await authority.signer({ holder: AUTHOR, role: 'router' }),
    ),
    await event(
      'registry',
      'CERTIFICATE_ROLE_WRONG',
      'The registry signed.',
      await authority.signer({ holder: 'registry', role: 'registry', label: 'event' }),
    ),
    await event(
      'upper-case',
      null,
      'The certificate writes the author’s IPA code in upper case.',
      await authority.signer({ holder: AUTHOR.toUpperCase() }),
    ),
  ];
}

async function otherKinds(authority: CorpusAuthority): Promise<readonly Made[]> {
  const member = await authority.signer({ holder: AUTHOR, label: 'other kinds' });
  const other = await authority.signer({ holder: 'p_cr', label: 'other kinds' });
  const made = (
    name: string,
    kind: CaseKind,
    code: ErrorCode,
    about: string,
    bytes: Buffer | undefined,
  ): Made => {
    if (bytes === undefined) throw new Error(`no bytes for ${name}`);
    return { name: `signer/${name}`, kind, code, about, bytes };
  };
  const byMember = await signDecisions([aDecision(AT, 1, AUTHOR)], member, AT);
  const asOther = await authority.signer({ holder: 'router-1', role: 'router', label: 'posing' });
  const posing = await signDecisions([aDecision(AT, 1, 'router-2')], asOther, AT);
  return [
    made(
      'decision-by-member',
      'decision',
      'CERTIFICATE_ROLE_WRONG',
      'A member signed a decision.',
      byMember.items[0],
    ),
    made(
      'decision-for-another-router',
      'decision',
      'CERTIFICATE_NOT_OF_AUTHOR',
      'A router signed the decision of another.',
      posing.items[0],
    ),
    made(
      'registry-entry-by-member',
      'registry',
      'CERTIFICATE_ROLE_WRONG',
      'A member signed a registry entry.',
      await signXml(serializeRegistryEntry(aRegistryEntry(AT)), member, AT),
    ),
    made(
      'registry-entry-by-router',
      'registry',
      'CERTIFICATE_ROLE_WRONG',
      'A router signed a registry entry.',
      await signXml(serializeRegistryEntry(aRegistryEntry(AT)), asOther, AT),
    ),
    made(
      'filing-receipt-by-another-member',
      'filing-receipt',
      'CERTIFICATE_NOT_OF_AUTHOR',
      'Another member signed the receipt of filing.',
      await signXml(serializeFilingReceipt(aFilingReceipt(AT)), other, AT),
    ),
    made(
      'decision-as-event',
      'event',
      'XSD_INVALID',
      'A member signed a decision one by one and sent it as an event.',
      await signXml(serializeDecision(aDecision(AT, 1, AUTHOR)), member, AT),
    ),
  ];
}

/** Validly signed by the author, and no event. */
async function schema(authority: CorpusAuthority): Promise<readonly Made[]> {
  const signer = await authority.signer({ holder: AUTHOR, label: 'schema' });
  const unsigned = serializeEvent(anAct(AT));
  const made = async (name: string, about: string, bytes: Buffer): Promise<Made> => ({
    name: `schema/${name}`,
    code: 'XSD_INVALID',
    about,
    bytes: await signXml(bytes, signer, AT),
    general: true,
  });
  return [
    await made(
      'value',
      'A value is not of its type.',
      replaced(unsigned, 'istat="019036"', 'istat="Cremona"'),
    ),
    await made(
      'element',
      'There is an element that the schema does not know.',
      replaced(unsigned, '<Facts>', '<Note>x</Note><Facts>'),
    ),
    await made(
      'attribute',
      'There is an attribute that the schema does not know.',
      replaced(unsigned, '<Facts>', '<Facts x="1">'),
    ),
    await made('missing', 'An element is missing.', replaced(unsigned, '<Facts></Facts>', '')),
    await made('another-document', 'The document is none of ours.', Buffer.from('<a xmlns="urn:x"></a>')),
    await made(
      'deep',
      'Elements are nested 200 deep.',
      replaced(unsigned, '<Facts></Facts>', `<Facts>${'<a>'.repeat(200)}${'</a>'.repeat(200)}</Facts>`),
    ),
  ];
}
