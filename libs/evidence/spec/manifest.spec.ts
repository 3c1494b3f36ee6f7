import { beforeAll, describe, expect, it } from 'vitest';
import { anEvent, NOW, replaced, TestAuthority, type Identity } from '../test-support.ts';
import {
  MAX_MANIFEST_DOCUMENTS,
  parseDocumentId,
  parseEventId,
  parseIpaCode,
  parsePracticeId,
  parseSha256,
  serializeManifest,
  type Manifest,
} from '#contracts';
import { signManifest, signXml, verifyManifest } from '../src/index.ts';

const EVENT = anEvent();

function listing(count: number): Manifest {
  return {
    version: '1.0',
    event: { author: EVENT.author.ipa, event: EVENT.id },
    practice: { owner: EVENT.practice.owner, uuid: EVENT.practice.uuid },
    documents: Array.from({ length: count }, (_, n) => ({
      id: parseDocumentId(`0197f3a2-0000-4000-8000-${String(n).padStart(12, '0')}`),
      role: 'attachment' as const,
      mediaType: 'application/pdf',
      size: n,
      saltedDigest: parseSha256('ab'.repeat(32)),
    })),
  };
}

function coded(code: string): Error {
  return expect.objectContaining({ code }) as Error;
}

let authority: TestAuthority;
let comune: Identity;

beforeAll(async () => {
  authority = await TestAuthority.create();
  comune = await authority.issue('c_d150');
});

describe('a manifest', () => {
  it('verifies for the event that names it, signed by its author', async () => {
    const signed = await signManifest(listing(3), comune.signer, NOW);
    const verified = verifyManifest(signed, authority.trust, NOW, EVENT);
    expect(verified.manifest).toEqual(listing(3));
    expect(verified.signer.holder).toBe('c_d150');
  });

  it('of the most documents verifies', { timeout: 30_000 }, async () => {
    const signed = await signManifest(listing(MAX_MANIFEST_DOCUMENTS), comune.signer, NOW);
    const { manifest } = verifyManifest(signed, authority.trust, NOW, EVENT);
    expect(manifest.documents).toHaveLength(MAX_MANIFEST_DOCUMENTS);
  });

  it('is refused from anyone but the event’s author, whatever it says of itself', async () => {
    const other = await authority.issue('c_d142');
    const router = await authority.issue('c_d150', { role: 'router' });
    for (const [identity, code] of [
      [other, 'CERTIFICATE_NOT_OF_AUTHOR'],
      [router, 'CERTIFICATE_ROLE_WRONG'],
    ] as const) {
      const signed = await signManifest(listing(1), identity.signer, NOW);
      expect(() => verifyManifest(signed, authority.trust, NOW, EVENT)).toThrow(coded(code));
    }
    const itsOwn = { ...listing(1), event: { author: parseIpaCode('c_d142'), event: EVENT.id } };
    const signed = await signManifest(itsOwn, other.signer, NOW);
    expect(() => verifyManifest(signed, authority.trust, NOW, EVENT)).toThrow(
      coded('CERTIFICATE_NOT_OF_AUTHOR'),
    );
  });

  it.each([
    [
      'event',
      { event: { author: EVENT.author.ipa, event: parseEventId('01890a5d-ac96-774b-bcce-b302099a8055') } },
    ],
    ['author', { event: { author: parseIpaCode('c_d142'), event: EVENT.id } }],
    [
      'practice',
      {
        practice: {
          owner: EVENT.practice.owner,
          uuid: parsePracticeId('3f2504e0-4f89-41d3-9a0c-0305e82c3302'),
        },
      },
    ],
    ['owner', { practice: { owner: parseIpaCode('c_d142'), uuid: EVENT.practice.uuid } }],
  ] as const)('of another %s is refused, though its author signed it', async (_, change) => {
    const signed = await signManifest({ ...listing(1), ...change }, comune.signer, NOW);
    expect(() => verifyManifest(signed, authority.trust, NOW, EVENT)).toThrow(
      coded('MANIFEST_OF_ANOTHER_EVENT'),
    );
  });

  it('is refused with one document more than was signed, and when it breaks its schema', async () => {
    const signed = await signManifest(listing(2), comune.signer, NOW);
    const more = replaced(signed, 'size="1"', 'size="2"');
    expect(() => verifyManifest(more, authority.trust, NOW, EVENT)).toThrow(
      coded('REFERENCE_DIGEST_MISMATCH'),
    );
    const broken = replaced(serializeManifest(listing(1)), 'role="attachment"', 'role="form"');
    const resigned = await signXml(broken, comune.signer, NOW);
    expect(() => verifyManifest(resigned, authority.trust, NOW, EVENT)).toThrow(coded('XSD_INVALID'));
  });
});
