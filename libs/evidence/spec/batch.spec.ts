import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { NOW, replaced, TestAuthority, type Identity } from '../test-support.ts';
import {
  parseCui,
  parseEventId,
  parseIpaCode,
  parsePracticeId,
  parseSha256,
  parseSignedItem,
  serializeSignedItem,
  type Decision,
  type Receipt,
  type RegistryEntry,
} from '#contracts';
import {
  sha256Hex,
  signBatch,
  signDecisions,
  signHeartbeat,
  signReceipts,
  signRegistryEntry,
  verifyDecision,
  verifyHeartbeat,
  verifyReceipt,
  verifyRegistryEntry,
  type TrustView,
} from '../src/index.ts';

function coded(code: string): Error {
  return expect.objectContaining({ code }) as Error;
}

const EVENT = {
  author: parseIpaCode('c_d150'),
  id: parseEventId('01890a5d-ac96-774b-bcce-b302099a8057'),
  digest: parseSha256('ab'.repeat(32)),
};
const PRACTICE = {
  owner: parseIpaCode('c_d150'),
  uuid: parsePracticeId('3f2504e0-4f89-41d3-9a0c-0305e82c3301'),
  cui: parseCui('c_d150/2026/000001'),
};
const HEAD = { number: 12, digest: parseSha256('cd'.repeat(32)) };

function aDecision(position: number, router = 'router-1'): Decision {
  return {
    version: '1.0',
    router,
    time: NOW.toISOString(),
    event: { ...EVENT, type: 'practice.filed', signedInfoDigest: parseSha256('ef'.repeat(32)) },
    practice: PRACTICE,
    position,
    registry: HEAD,
    procedure: { code: 'edilizia.scia', version: 1 },
    participants: [
      {
        ipa: parseIpaCode('c_d150'),
        joined: true,
        part: 'owner',
        regime: 'scia',
        term: { days: 30, kind: 'calendar' },
        legalBasis: 'dpr-380-2001-art-22',
        rule: 'owner',
      },
    ],
    rules: [],
  };
}

function aReceipt(by: string): Receipt {
  return {
    version: '1.0',
    kind: 'received',
    by: parseIpaCode(by),
    time: NOW.toISOString(),
    event: EVENT,
    practice: PRACTICE,
    position: 1,
    code: null,
    registration: null,
    cancellation: null,
  };
}

let authority: TestAuthority;
let router: Identity;
let provincia: Identity;
let registry: Identity;
let trust: TrustView;
let items: readonly Buffer[];

beforeAll(async () => {
  authority = await TestAuthority.create();
  router = await authority.issue('router-1', { role: 'router' });
  provincia = await authority.issue('p_cr');
  registry = await authority.issue('registry', { role: 'registry' });
  trust = authority.trust;
  const decisions = Array.from({ length: 7 }, (_, i) => aDecision(i + 1));
  items = (await signDecisions(decisions, router.signer, NOW)).items;
});

describe('decisions signed as a batch', () => {
  it.each([1, 2, 3, 7, 8, 255, 256])('verify one by one, each alone, in a batch of %i', async (size) => {
    const decisions = Array.from({ length: size }, (_, i) => aDecision(i + 1));
    const signed = await signDecisions(decisions, router.signer, NOW);
    expect(signed.items).toHaveLength(size);
    signed.items.forEach((bytes, i) => {
      const verified = verifyDecision(bytes, trust, NOW);
      expect(verified.decision).toEqual(decisions[i]);
      expect(verified.batchDigest).toBe(sha256Hex(signed.batch));
      expect(verified.itemDigest).toBe(sha256Hex(verified.item));
      expect(verified.signer).toMatchObject({ holder: 'router-1', role: 'router' });
    });
  });

  it('are refused with any single byte changed, but for the minor version of what carries them', () => {
    const item = items[3]!;
    // Not signed: what is newer there is read as far as it is known.
    const minor = item.indexOf('version="1.0"') + 'version="1.'.length;
    fc.assert(
      fc.property(fc.nat({ max: item.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, mask) => {
        fc.pre(at !== minor);
        const changed = Buffer.from(item);
        changed.writeUInt8(changed.readUInt8(at) ^ mask, at);
        expect(() => verifyDecision(changed, trust, NOW)).toThrow(
          expect.objectContaining({ name: 'HubError' }),
        );
      }),
      { numRuns: 1500 },
    );
  });

  it('are refused with another item, path, index or size', () => {
    const one = parseSignedItem(items[3]!);
    const two = parseSignedItem(items[4]!);
    const verify = (change: Partial<typeof one>): unknown =>
      verifyDecision(serializeSignedItem({ ...one, ...change }), trust, NOW);
    expect(() => verify({ item: two.item })).toThrow(coded('BATCH_ITEM_NOT_INCLUDED'));
    expect(() => verify({ path: two.path })).toThrow(coded('BATCH_ITEM_NOT_INCLUDED'));
    expect(() => verify({ path: one.path.slice(1) })).toThrow(coded('BATCH_ITEM_NOT_INCLUDED'));
    expect(() => verify({ path: [...one.path, Buffer.alloc(32)] })).toThrow(coded('BATCH_ITEM_NOT_INCLUDED'));
    expect(() => verify({ index: 4 })).toThrow(coded('BATCH_ITEM_NOT_INCLUDED'));
    expect(() => verify({ size: 8 })).toThrow(coded('BATCH_ITEM_NOT_INCLUDED'));
  });

  it('have one spelling on the wire', () => {
    const spaced = replaced(items[0]!, '<Item>', '\n<Item>');
    expect(() => verifyDecision(spaced, trust, NOW)).toThrow(expect.objectContaining({ name: 'HubError' }));
    const prefixed = replaced(items[0]!, ' xmlns="', ' xmlns:x="urn:x" xmlns="');
    expect(() => verifyDecision(prefixed, trust, NOW)).toThrow(coded('SIGNED_ITEM_MALFORMED'));
  });

  it('are refused when someone without the router role signs, or signs as another router', async () => {
    const byMember = await signDecisions([aDecision(1, 'p_cr')], provincia.signer, NOW);
    expect(() => verifyDecision(byMember.items[0]!, trust, NOW)).toThrow(coded('CERTIFICATE_ROLE_WRONG'));
    const asOther = await signDecisions([aDecision(1, 'router-2')], router.signer, NOW);
    expect(() => verifyDecision(asOther.items[0]!, trust, NOW)).toThrow(coded('CERTIFICATE_NOT_OF_AUTHOR'));
    const posing = await signDecisions([aDecision(1)], { ...router.signer, holder: 'router-2' }, NOW);
    expect(() => verifyDecision(posing.items[0]!, trust, NOW)).toThrow(coded('CERTIFICATE_NOT_OF_AUTHOR'));
  });

  it('are judged afresh each time, although the batch is checked once', async () => {
    const replacedKey = await authority.issue('router-1', { role: 'router', generation: 2 });
    const signed = await signDecisions([aDecision(1)], replacedKey.signer, NOW);
    const item = signed.items[0]!;
    expect(verifyDecision(item, trust, NOW).decision.position).toBe(1);
    authority.list(replacedKey, { revokedFrom: NOW.toISOString() });
    expect(() => verifyDecision(item, trust, NOW)).toThrow(coded('KEY_REVOKED_BEFORE_ARRIVAL'));
  });

  it('stay good, whenever they are read, if the key was superseded later; not if it came into doubt', async () => {
    const DAY = 86_400_000;
    const retired = await authority.issue('router-1', { role: 'router', generation: 3 });
    const { items: signed } = await signDecisions([aDecision(1)], retired.signer, NOW);
    const late = new Date(NOW.getTime() + 30 * DAY);
    const revokedFrom = new Date(NOW.getTime() + DAY).toISOString();
    authority.list(retired, { revokedFrom, revocationReason: 'superseded' });
    expect(verifyDecision(signed[0]!, trust, late).decision.position).toBe(1);
    const after = await signDecisions([aDecision(1)], retired.signer, new Date(revokedFrom));
    expect(() => verifyDecision(after.items[0]!, trust, late)).toThrow(coded('KEY_REVOKED_BEFORE_ARRIVAL'));
    authority.list(retired, { revokedFrom, revocationReason: 'key-compromise' });
    expect(() => verifyDecision(signed[0]!, trust, late)).toThrow(coded('KEY_REVOKED_BEFORE_ARRIVAL'));
  });

  it('need at least one item', async () => {
    await expect(signBatch('decision', [], router.signer, NOW)).rejects.toThrow(
      coded('UNSIGNED_DOCUMENT_UNSUITABLE'),
    );
  });
});

describe('receipts', () => {
  it('verify when the participant that speaks has signed, and not when another has', async () => {
    const own = await signReceipts([aReceipt('p_cr')], provincia.signer, NOW);
    expect(verifyReceipt(own.items[0]!, trust, NOW).receipt).toEqual(aReceipt('p_cr'));
    const others = await signReceipts([aReceipt('c_d142')], provincia.signer, NOW);
    expect(() => verifyReceipt(others.items[0]!, trust, NOW)).toThrow(coded('CERTIFICATE_NOT_OF_AUTHOR'));
  });

  it('do not pass for decisions', async () => {
    const receipts = await signReceipts([aReceipt('p_cr')], router.signer, NOW);
    expect(() => verifyDecision(receipts.items[0]!, trust, NOW)).toThrow(coded('BATCH_KIND_WRONG'));
  });
});

describe('what the registry signs', () => {
  const entry: RegistryEntry = {
    version: '1.0',
    number: 2,
    previous: parseSha256('ab'.repeat(32)),
    time: NOW.toISOString(),
    change: {
      kind: 'certificate.revoked',
      fingerprint: parseSha256('cd'.repeat(32)),
      revokedFrom: NOW.toISOString(),
      reason: 'superseded',
    },
  };
  const heartbeat = { version: '1.0', time: NOW.toISOString(), head: HEAD };

  it('verifies as entry and as heartbeat', async () => {
    const signedEntry = await signRegistryEntry(entry, registry.signer, NOW);
    expect(verifyRegistryEntry(signedEntry, trust, NOW).entry).toEqual(entry);
    const signedHeartbeat = await signHeartbeat(heartbeat, registry.signer, NOW);
    expect(verifyHeartbeat(signedHeartbeat, trust, NOW).heartbeat).toEqual(heartbeat);
  });

  it('is refused when a router or a member signs it, and as a document of another kind', async () => {
    for (const identity of [router, provincia]) {
      const signedEntry = await signRegistryEntry(entry, identity.signer, NOW);
      expect(() => verifyRegistryEntry(signedEntry, trust, NOW)).toThrow(coded('CERTIFICATE_ROLE_WRONG'));
      const signedHeartbeat = await signHeartbeat(heartbeat, identity.signer, NOW);
      expect(() => verifyHeartbeat(signedHeartbeat, trust, NOW)).toThrow(coded('CERTIFICATE_ROLE_WRONG'));
    }
    const signedHeartbeat = await signHeartbeat(heartbeat, registry.signer, NOW);
    expect(() => verifyRegistryEntry(signedHeartbeat, trust, NOW)).toThrow(coded('XSD_INVALID'));
  });
});
