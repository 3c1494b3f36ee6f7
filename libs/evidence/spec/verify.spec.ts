import { beforeAll, describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { anEvent, NOW, replaced, TestAuthority, type Identity } from '../test-support.ts';
import { serializeEvent } from '#contracts';
import {
  pemSigner,
  rootTrust,
  sha256Hex,
  signEvent,
  signXml,
  VerifiedEvent,
  verifyEvent,
  verifySigned,
  type TrustView,
} from '../src/index.ts';

function coded(code: string): Error {
  return expect.objectContaining({ code }) as Error;
}

const MINUTE_MS = 60_000;
const later = (ms: number): Date => new Date(NOW.getTime() + ms);

let authority: TestAuthority;
let comune: Identity;
let trust: TrustView;
let event: Buffer;

beforeAll(async () => {
  authority = await TestAuthority.create();
  comune = await authority.issue('c_d150');
  trust = authority.trust;
  event = await signEvent(anEvent(), comune.signer, NOW);
});

describe('a signed event', () => {
  it('verifies, with what was signed and by whom', () => {
    const verified = verifyEvent(event, trust, later(1000));
    expect(verified).toBeInstanceOf(VerifiedEvent);
    expect(VerifiedEvent.is(verified)).toBe(true);
    expect(VerifiedEvent.is({ event: verified.event, bytes: verified.bytes })).toBe(false);
    expect(verified.event).toEqual(anEvent());
    expect(verified.bytes).toBe(event);
    expect(verified.digest).toBe(sha256Hex(event));
    expect(verified.signer).toMatchObject({ holder: 'c_d150', role: 'authority' });
    expect(verified.signingTime).toEqual(NOW);
  });

  it('keeps every byte of what was signed', () => {
    const unsigned = serializeEvent(anEvent());
    const signature = /<ds:Signature .*<\/ds:Signature>/s;
    expect(replaced(event, signature, '').equals(unsigned)).toBe(true);
  });

  it('is verified whatever letter case the registry and the event use for the IPA code', async () => {
    const upper = await authority.issue('C_D150');
    expect(verifyEvent(await signEvent(anEvent(), upper.signer, NOW), trust, NOW).event.author.ipa).toBe(
      'c_d150',
    );
  });

  it('has one SignedInfo digest for its copies and another for another signing', async () => {
    const copy = verifyEvent(Buffer.from(event), trust, NOW);
    const again = verifyEvent(await signEvent(anEvent(), comune.signer, later(1)), trust, NOW);
    expect(copy.signedInfoDigest).toBe(verifyEvent(event, trust, NOW).signedInfoDigest);
    expect(again.signedInfoDigest).not.toBe(copy.signedInfoDigest);
  });

  it('is signed with s in the lower half every time', async () => {
    for (let i = 0; i < 32; i += 1) {
      verifyEvent(await signEvent(anEvent(), comune.signer, NOW), trust, NOW);
    }
  });

  it('is refused with any single byte changed', () => {
    fc.assert(
      fc.property(fc.nat({ max: event.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, mask) => {
        const changed = Buffer.from(event);
        changed.writeUInt8(changed.readUInt8(at) ^ mask, at);
        expect(() => verifyEvent(changed, trust, NOW)).toThrow(expect.objectContaining({ name: 'HubError' }));
      }),
      { numRuns: 3000 },
    );
  });

  it('is refused with a byte inserted, removed, or the rest cut off, anywhere', () => {
    fc.assert(
      fc.property(fc.nat({ max: event.length - 1 }), fc.nat({ max: 255 }), (at, byte) => {
        const head = event.subarray(0, at);
        for (const changed of [
          Buffer.concat([head, Buffer.from([byte]), event.subarray(at)]),
          Buffer.concat([head, event.subarray(at + 1)]),
          head,
        ]) {
          expect(() => verifyEvent(changed, trust, NOW)).toThrow(
            expect.objectContaining({ name: 'HubError' }),
          );
        }
      }),
      { numRuns: 1000 },
    );
  });
});

// Who may sign, and when, is in the corpus (contracts/conformance). Here: what a code alone does not say.
describe('a signer that is not accepted', () => {
  const verifyBy = async (identity: Identity, at = NOW, arrived = at): Promise<VerifiedEvent> =>
    verifyEvent(await signEvent(anEvent(), identity.signer, at), trust, arrived);

  it('is tried again when it is not listed, since the registry copy may be behind', async () => {
    const unlisted = await authority.issue('c_d150');
    authority.list(unlisted, null);
    await expect(verifyBy(unlisted)).rejects.toMatchObject({
      code: 'CERTIFICATE_UNKNOWN',
      policy: { disposition: 'retry' },
    });
  });

  it('is tried again when its clock is ahead of arrival', async () => {
    await expect(verifyBy(comune, later(15 * MINUTE_MS + 1), NOW)).rejects.toMatchObject({
      code: 'SIGNING_TIME_IN_FUTURE',
      policy: { disposition: 'retry' },
    });
  });

  it('counts as revoked when the time of its revocation cannot be read', async () => {
    const odd = await authority.issue('c_d150');
    authority.list(odd, { revokedFrom: 'not a time' });
    await expect(verifyBy(odd)).rejects.toThrow(coded('KEY_REVOKED_BEFORE_ARRIVAL'));
  });
});

describe('signing', () => {
  it('refuses a key that is not the certificate’s, and a certificate that is not for signing', async () => {
    const other = await authority.issue('c_d150');
    const transport = await authority.issue('c_d150', { purpose: 'transport' });
    const wide = await authority.issue('c_d150', { key: 'P-521' });
    expect(pemSigner(comune.certificatePem, comune.keyPem).holder).toBe('c_d150');
    expect(() => pemSigner(comune.certificatePem, other.keyPem)).toThrow(coded('SIGNING_KEY_UNUSABLE'));
    expect(() => pemSigner(transport.certificatePem, transport.keyPem)).toThrow(
      coded('SIGNING_KEY_UNUSABLE'),
    );
    expect(() => pemSigner(wide.certificatePem, wide.keyPem)).toThrow(coded('SIGNING_KEY_UNUSABLE'));
    expect(() => pemSigner(comune.certificatePem, 'no key')).toThrow(coded('SIGNING_KEY_UNUSABLE'));
    expect(() => pemSigner('no certificate', comune.keyPem)).toThrow(coded('CERTIFICATE_MALFORMED'));
  });

  it.each(['', 'text', '<a></b>', '<a/>', '<?xml version="1.0"?><a></a>', '<a></a>\n', '<a><!-- x --></a>'])(
    'refuses to sign %j',
    async (text) => {
      await expect(signXml(Buffer.from(text), comune.signer, NOW)).rejects.toThrow(
        coded('UNSIGNED_DOCUMENT_UNSUITABLE'),
      );
    },
  );

  it('refuses to sign twice, or with a media type that could break out of its element', async () => {
    await expect(signXml(event, comune.signer, NOW)).rejects.toThrow(coded('UNSIGNED_DOCUMENT_UNSUITABLE'));
    await expect(
      signXml(Buffer.from('<a></a>'), comune.signer, NOW, { mimeType: 'text/x</xades:MimeType>' }),
    ).rejects.toThrow(coded('UNSIGNED_DOCUMENT_UNSUITABLE'));
  });

  it('signs any canonical document, with its media type', async () => {
    const text = '<a xmlns="urn:x" b="&quot;1&#xA;"><c:d xmlns:c="urn:y">è &lt; &amp; &gt;\n</c:d></a>';
    const signed = await signXml(Buffer.from(text), comune.signer, NOW, {
      mimeType: 'application/vnd.x+xml',
    });
    expect(verifySigned(signed, trust, NOW, { maxBytes: 10_000 }).mimeType).toBe('application/vnd.x+xml');
  });
});

describe('trust in the root alone', () => {
  it('verifies what the registry signs before anything is listed, and nothing else', async () => {
    const registry = await authority.issue('registry', { role: 'registry' });
    const root = rootTrust(authority.caPem, authority.anchor.fingerprint256);
    const document = Buffer.from('<a xmlns="urn:x"></a>');
    const signed = await signXml(document, registry.signer, NOW);
    expect(verifySigned(signed, root, NOW, { maxBytes: 10_000 }).signer.role).toBe('registry');
    expect(() => verifyEvent(event, root, NOW)).toThrow(coded('CERTIFICATE_UNKNOWN'));
    const impostor = await (await TestAuthority.create()).issue('registry', { role: 'registry' });
    const forged = await signXml(document, impostor.signer, NOW);
    expect(() => verifySigned(forged, root, NOW, { maxBytes: 10_000 })).toThrow(
      coded('CERTIFICATE_UNTRUSTED'),
    );
  });

  it('refuses a CA of another fingerprint, and a certificate that is no CA', () => {
    expect(() => rootTrust(authority.caPem, 'ab'.repeat(32))).toThrow(coded('TRUST_ANCHOR_WRONG'));
    expect(() => rootTrust(comune.certificatePem, comune.x509.fingerprint256)).toThrow(
      coded('TRUST_ANCHOR_WRONG'),
    );
    expect(() => rootTrust('no certificate', 'ab'.repeat(32))).toThrow(coded('CERTIFICATE_MALFORMED'));
  });
});
