import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { RegistryChange } from '#contracts';
import type { ErrorCode } from '#errors';
import type { Signer } from '#evidence';
import { listingOf, SigningRegistry, TestAuthority } from '#testing';
import { RegistryChain } from '../chain/registry-chain.ts';

const MAY = '2026-05-01T00:00:00.000Z';
const JUNE = '2026-06-01T00:00:00.000Z';
const WINDOWS = [
  ['2026-03-01T00:00:00Z', '2026-03-31T00:00:00Z'],
  ['2026-04-01T00:00:00Z', '2026-04-30T00:00:00Z'],
] as const;

let authority: TestAuthority;
let provider: TestAuthority;
let member: Signer;
let registry: SigningRegistry;
let chain: RegistryChain;

beforeAll(async () => {
  [authority, provider] = await Promise.all([TestAuthority.create(), TestAuthority.create()]);
  member = await authority.signer('c_d150', 'authority');
});

beforeEach(async () => {
  registry = await (await SigningRegistry.create(authority)).found();
  chain = RegistryChain.replay(authority.root, registry.entries);
  await add({ kind: 'certificate.published', certificate: listingOf(member) });
});

async function add(change: RegistryChange): Promise<number> {
  chain.append(await registry.add(change));
  return chain.head?.number ?? 0;
}

/** The authority's list of a month, with or without the member's certificate. */
async function crl(month: 0 | 1, from?: string, reason?: 'certificateHold'): Promise<RegistryChange> {
  const certificate = member.certificate.x509.toString();
  const revoked =
    from === undefined
      ? []
      : [{ certificate, revokedFrom: new Date(from), ...(reason === undefined ? {} : { reason }) }];
  const [thisUpdate, nextUpdate] = WINDOWS[month];
  return {
    kind: 'crl.published',
    issuer: authority.fingerprint,
    crl: await authority.crl(thisUpdate, nextUpdate, revoked),
  };
}

const revokedFrom = (number?: number): string | null | undefined =>
  (number === undefined ? chain.latest() : chain.at(number)).certificate(member.certificate.fingerprint)
    ?.revokedFrom;

function revoked(from: string): RegistryChange {
  const { fingerprint } = member.certificate;
  return { kind: 'certificate.revoked', fingerprint, revokedFrom: from, reason: 'key-compromise' };
}

async function expectRefused(change: RegistryChange, code: ErrorCode): Promise<void> {
  const bytes = await registry.sign(change);
  expect(() => chain.append(bytes)).toThrow(expect.objectContaining({ code }));
}

describe('registry and issuer', () => {
  it('both revoke, and the earlier time counts, whoever comes first', async () => {
    const listed = await add(await crl(0, JUNE));
    expect(revokedFrom(listed - 1)).toBeNull();
    expect(revokedFrom()).toBe(JUNE);
    await add(revoked(MAY));
    expect(revokedFrom()).toBe(MAY);
    expect(revokedFrom(listed)).toBe(JUNE);
  });

  it('let a suspension end when a later list no longer has it', async () => {
    const suspended = await add(await crl(0, MAY, 'certificateHold'));
    expect(revokedFrom()).toBe(MAY);
    await add(await crl(1));
    expect(revokedFrom()).toBeNull();
    expect(revokedFrom(suspended)).toBe(MAY);
  });

  it('keep a revocation when a later list leaves it out', async () => {
    await add(await crl(0, MAY));
    await add(await crl(1));
    expect(revokedFrom()).toBe(MAY);
  });

  it('keep the earlier of two dates that two lists give', async () => {
    await add(await crl(0, MAY));
    await add(await crl(1, JUNE));
    expect(revokedFrom()).toBe(MAY);
  });

  it('are not turned back by an older list', async () => {
    await add(await crl(1, MAY, 'certificateHold'));
    await add(await crl(0));
    expect(revokedFrom()).toBe(MAY);
    expect(chain.latest().crls()).toHaveLength(1);
  });

  it('revoke what is listed only after the list came', async () => {
    const late = await authority.signer('p_cr', 'authority');
    const certificate = late.certificate.x509.toString();
    const list = await authority.crl(...WINDOWS[0], [{ certificate, revokedFrom: new Date(MAY) }]);
    await add({ kind: 'crl.published', issuer: authority.fingerprint, crl: list });
    await add({ kind: 'certificate.published', certificate: listingOf(late) });
    expect(chain.latest().certificate(late.certificate.fingerprint)?.revokedFrom).toBe(MAY);
  });
});

describe('an external issuer', () => {
  it('counts from its publication to its withdrawal, which is final', async () => {
    const published = await add({ kind: 'anchor.published', anchor: provider.anchor });
    const withdrawal = { kind: 'anchor.withdrawn', fingerprint: provider.fingerprint } as const;
    const withdrawn = await add({ ...withdrawal, withdrawnFrom: JUNE });
    await add({ ...withdrawal, withdrawnFrom: MAY });
    await add({ kind: 'anchor.published', anchor: provider.anchor });
    const states = [published - 1, published, withdrawn, chain.head?.number ?? 0].map((number) =>
      chain.at(number).external.map((anchor) => anchor.withdrawnFrom),
    );
    expect(states).toEqual([[], [null], [JUNE], [MAY]]);
    expect(chain.latest().anchors).toHaveLength(1);
  });

  it('is never one of the network’s own roots, nor a certificate that is no authority', async () => {
    await expectRefused({ kind: 'anchor.published', anchor: authority.anchor }, 'REGISTRY_ENTRY_REFUSED');
    await expectRefused(
      { kind: 'anchor.published', anchor: listingOf(member).der },
      'REGISTRY_ENTRY_REFUSED',
    );
    await expectRefused({ kind: 'anchor.published', anchor: 'AAAA' }, 'REGISTRY_ENTRY_REFUSED');
  });

  it('cannot sign the registry, not even through a certificate that the registry lists for itself', async () => {
    await add({ kind: 'anchor.published', anchor: provider.anchor });
    const usurper = await provider.signer('registry', 'registry');
    await add({ kind: 'certificate.published', certificate: listingOf(usurper) });
    const bytes = await registry.sign(revoked(MAY), {}, usurper);
    expect(() => chain.append(bytes)).toThrow(expect.objectContaining({ code: 'REGISTRY_ENTRY_REFUSED' }));
  });

  it('cannot become the root', async () => {
    await add({ kind: 'anchor.published', anchor: provider.anchor });
    const successor = await provider.signer('registry', 'registry');
    await expectRefused(await registry.rotationTo(provider, successor), 'REGISTRY_ENTRY_REFUSED');
  });
});

describe('a revocation list in the chain', () => {
  it('is refused from an issuer that is no anchor, signed by another, or unreadable', async () => {
    const list = await authority.crl(...WINDOWS[0]);
    const { fingerprint } = provider;
    await expectRefused({ kind: 'crl.published', issuer: fingerprint, crl: list }, 'REGISTRY_ENTRY_REFUSED');
    await add({ kind: 'anchor.published', anchor: provider.anchor });
    await expectRefused({ kind: 'crl.published', issuer: fingerprint, crl: list }, 'REGISTRY_ENTRY_REFUSED');
    await expectRefused(
      { kind: 'crl.published', issuer: authority.fingerprint, crl: 'AAAA' },
      'REGISTRY_ENTRY_REFUSED',
    );
  });

  it('is told apart as stale after its next update', async () => {
    await add(await crl(0));
    const [list] = chain.latest().crls();
    expect(list?.isStale(new Date('2026-03-30T00:00:00Z'))).toBe(false);
    expect(list?.isStale(new Date('2026-04-01T00:00:00Z'))).toBe(true);
  });
});
