import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parseIpaCode, parseRegistryEntry, parseSha256, type RegistryChange } from '#contracts';
import type { ErrorCode } from '#errors';
import { sha256Hex, verifyRegistryEntry, type Signer } from '#evidence';
import { aBody, listingOf, secondsAfterStart, SigningRegistry, TestAuthority } from '#testing';
import { RegistryChain, type ChainEntry } from './registry-chain.ts';

const P_CR = parseIpaCode('p_cr');

let before: TestAuthority;
let after: TestAuthority;
let third: TestAuthority;
/** The registry under the new root. */
let successor: Signer;
let member: Signer;
let registry: SigningRegistry;
let chain: RegistryChain;

beforeAll(async () => {
  [before, after, third] = await Promise.all([
    TestAuthority.create(),
    TestAuthority.create(),
    TestAuthority.create(),
  ]);
  successor = await after.signer('registry', 'registry');
  member = await before.signer('c_d150', 'authority');
});

beforeEach(async () => {
  registry = await (await SigningRegistry.create(before)).found();
  await registry.add({ kind: 'certificate.published', certificate: listingOf(member) });
  chain = RegistryChain.replay(before.root, registry.entries);
});

function code(expected: ErrorCode): unknown {
  return expect.objectContaining({ code: expected });
}

/** Rotates, and lets the registry say something under the new root. */
async function rotated(): Promise<SigningRegistry> {
  await registry.add(await registry.rotationTo(after, successor));
  await registry.add(aBody('p_cr'), {}, successor);
  return registry;
}

describe('a rotation of the root', () => {
  it('is followed by a chain configured with the old root, which then stands under the new one', async () => {
    await rotated();
    for (const bytes of registry.entries.slice(4)) expect(chain.append(bytes)).toBe('adopted');
    expect(chain.head).toEqual(registry.head);
    expect(chain.root).toBe(after.fingerprint);
    expect(chain.latest().body(P_CR)?.name).toBe('p_cr');
    expect(chain.latest().certificate(successor.certificate.fingerprint)?.role).toBe('registry');
    expect(RegistryChain.restore(before.root, registry.entries).root).toBe(after.fingerprint);
  });

  it('gives a chain configured with the new root all that was before, vouched for by the digests', async () => {
    await rotated();
    const kept: ChainEntry[] = [];
    const late = new RegistryChain(after.root);
    const outcomes = registry.entries.map((bytes) => late.append(bytes, (entry) => kept.push(entry)));
    expect(outcomes).toEqual(['before', 'before', 'before', 'before', 'adopted', 'adopted']);
    expect(late.head).toEqual(registry.head);
    expect(late.isForeign).toBe(false);
    expect(late.at(3).body(parseIpaCode('c_d150'))).toBeDefined();
    expect(kept.map(({ bytes }) => bytes)).toEqual(registry.entries);
    for (const way of ['replay', 'restore'] as const)
      expect(RegistryChain[way](after.root, registry.entries).latest().certificates()).toEqual(
        late.latest().certificates(),
      );
  });

  it('takes the new root’s word in whatever order the entries come', async () => {
    await rotated();
    const late = new RegistryChain(after.root);
    const [first, ...others] = registry.entries;
    late.append(first!);
    for (const bytes of others.reverse()) late.append(bytes);
    expect(late.head).toEqual(registry.head);
  });

  it('is not confused by forged entries among those of before', async () => {
    await rotated();
    const stranger = await SigningRegistry.create(third);
    const forgery = await registry.sign(aBody('c_b898'), { number: 2 }, stranger.signer);
    const foundation = await (await SigningRegistry.create(third)).found();
    const late = new RegistryChain(after.root);
    for (const bytes of [foundation.entries[0]!, forgery, ...registry.entries]) late.append(bytes);
    expect(late.head).toEqual(registry.head);
    expect(late.fork).toBeUndefined();
  });

  it('keeps out nothing genuine when a stranger’s network is on the topic first', async () => {
    await rotated();
    const stranger = await (await SigningRegistry.create(third)).found();
    for (const { root } of [before, after]) {
      const [first, ...others] = registry.entries;
      const mixed = [...stranger.entries, ...others.slice(0, 2), first!, ...others.slice(2)];
      const late = new RegistryChain(root);
      for (const bytes of mixed) late.append(bytes);
      expect(late.head).toEqual(registry.head);
      expect(late.isForeign).toBe(false);
    }
  });

  it('leaves what was signed under the old root verifiable, and the members’ certificates in force', async () => {
    await rotated();
    const { anchors } = RegistryChain.replay(before.root, registry.entries).latest();
    expect(anchors.map(({ raw }) => sha256Hex(raw))).toEqual([before.fingerprint, after.fingerprint]);
    const now = RegistryChain.replay(after.root, registry.entries).latest();
    const old = registry.entries[2]!;
    expect(verifyRegistryEntry(old, now, new Date(secondsAfterStart(3))).entry.number).toBe(3);
    expect(now.certificate(member.certificate.fingerprint)?.revokedFrom).toBeNull();
  });

  it('ends what the registry can say under the old root: entries, dated back ones too, and heartbeats', async () => {
    await rotated();
    for (const bytes of registry.entries.slice(4)) chain.append(bytes);
    const refusedOnes = await Promise.all([
      registry.sign(aBody('c_b898')),
      registry.sign(aBody('c_b898'), { number: 5, time: secondsAfterStart(5) }),
      registry.sign(aBody('c_b898'), { number: 2, time: secondsAfterStart(2) }),
    ]);
    for (const bytes of refusedOnes)
      expect(() => chain.append(bytes)).toThrow(code('REGISTRY_ENTRY_REFUSED'));
    const beat = await registry.heartbeat();
    expect(() => chain.checkHeartbeat(beat)).toThrow(code('REGISTRY_ENTRY_REFUSED'));
    expect(chain.checkHeartbeat(await registry.heartbeat(registry.head, new Date(), successor)).head).toEqual(
      registry.head,
    );
    expect(chain.fork).toBeUndefined();
  });

  it('can happen again, and a chain configured with any of the roots comes to the same state', async () => {
    await rotated();
    const heir = await third.signer('registry', 'registry');
    const next = await registry.rotationTo(third, heir, {
      named: { oldRoot: after.fingerprint },
      from: after,
    });
    await registry.add(next, {}, successor);
    await registry.add(aBody('c_b898'), {}, heir);
    for (const { root } of [before, after, third]) {
      expect(RegistryChain.replay(root, registry.entries).head).toEqual(registry.head);
      expect(RegistryChain.restore(root, registry.entries).root).toBe(third.fingerprint);
    }
  });
});

describe('a rotation of the root is refused', () => {
  const attacks: readonly (readonly [string, () => Promise<Buffer>])[] = [
    [
      'signed under the old root only: the acceptance is by the old registry',
      async () => registry.sign(await registry.rotationTo(after, successor, { by: registry.signer })),
    ],
    [
      'signed under the new root only: the entry is by the new registry',
      async () => registry.sign(await registry.rotationTo(after, successor), {}, successor),
    ],
    [
      'accepted by an authority under the new root',
      async () => {
        const stranger = await after.signer('c_d150', 'authority');
        return registry.sign(await registry.rotationTo(after, stranger));
      },
    ],
    [
      'proposed by a member under the old root',
      async () => registry.sign(await registry.rotationTo(after, successor), {}, member),
    ],
    [
      'accepted by a registry under a third root',
      async () => {
        const stranger = await third.signer('registry', 'registry');
        return registry.sign(await registry.rotationTo(after, stranger));
      },
    ],
    [
      'with an acceptance of another number',
      async () => registry.sign(await registry.rotationTo(after, successor, { named: { number: 6 } })),
    ],
    [
      'with an acceptance that follows another entry',
      async () => {
        const named = { previous: parseSha256('ab'.repeat(32)) };
        return registry.sign(await registry.rotationTo(after, successor, { named }));
      },
    ],
    [
      'with an acceptance for another network',
      async () => registry.sign(await registry.rotationTo(after, successor, { named: { network: 'other' } })),
    ],
    [
      'with an acceptance from another root, or to another root',
      async () => {
        const named = { oldRoot: third.fingerprint };
        return registry.sign(await registry.rotationTo(after, successor, { named }));
      },
    ],
    [
      'with an acceptance dated after the entry',
      async () => {
        const named = { time: secondsAfterStart(60) };
        return registry.sign(await registry.rotationTo(after, successor, { named }));
      },
    ],
    [
      'with an acceptance dated before the entry it follows',
      async () => {
        const named = { time: secondsAfterStart(1) };
        return registry.sign(await registry.rotationTo(after, successor, { named }));
      },
    ],
    [
      'with an acceptance signed at another time than it states',
      async () => {
        const at = new Date(secondsAfterStart(4));
        return registry.sign(await registry.rotationTo(after, successor, { at }));
      },
    ],
    [
      'that lists another certificate than the one that accepted',
      async () => {
        const second = await after.signer('registry', 'registry', 2);
        const change = await registry.rotationTo(after, successor);
        return registry.sign({ ...change, certificate: listingOf(second) } as RegistryChange);
      },
    ],
    [
      'to a certificate that is no authority',
      async () => {
        const change = await registry.rotationTo(after, successor);
        return registry.sign({ ...change, root: listingOf(member).der } as RegistryChange);
      },
    ],
    [
      'to a root with bytes behind it',
      async () => {
        const der = Buffer.concat([Buffer.from(after.anchor, 'base64'), Buffer.from([0])]);
        const change = await registry.rotationTo(after, successor);
        return registry.sign({ ...change, root: der.toString('base64') } as RegistryChange);
      },
    ],
    [
      'that the root in force has not certified: whoever has the registry’s key alone cannot take the network over',
      async () => {
        const newWithOld = await third.certify(after);
        return registry.sign(await registry.rotationTo(after, successor, { newWithOld }));
      },
    ],
    [
      'with the word of the root in force for another root',
      async () => {
        const newWithOld = await before.certify(third);
        return registry.sign(await registry.rotationTo(after, successor, { newWithOld }));
      },
    ],
    [
      'with the word of the root in force for a member’s key',
      async () => {
        const newWithOld = listingOf(member).der;
        return registry.sign(await registry.rotationTo(after, successor, { newWithOld }));
      },
    ],
    [
      'with a word of the root in force that has ended',
      async () => {
        const ended = { notBefore: new Date('2026-01-01'), notAfter: new Date('2026-02-01') };
        const newWithOld = await before.certify(after, ended);
        return registry.sign(await registry.rotationTo(after, successor, { newWithOld }));
      },
    ],
    ['to the root in force', async () => registry.sign(await registry.rotationTo(before, registry.signer))],
    [
      'with an acceptance that is no document',
      async () => {
        const change = await registry.rotationTo(after, successor);
        return registry.sign({ ...change, acceptance: 'AAAA' } as RegistryChange);
      },
    ],
  ];

  it.each(attacks)('%s', async (_, attack) => {
    const bytes = await attack();
    expect(() => chain.append(bytes)).toThrow(code('REGISTRY_ENTRY_REFUSED'));
    expect(chain.root).toBe(before.fingerprint);
    expect(chain.fork).toBeUndefined();
    expect(() => RegistryChain.restore(before.root, [...registry.entries, bytes])).toThrow();
    expect(() => RegistryChain.replay(after.root, [...registry.entries, bytes])).toThrow();
    expect(chain.append(await registry.sign(aBody('p_cr')))).toBe('adopted');
  });

  it('as a fork: of two rotations at one place the first stays', async () => {
    const rival = await registry.sign(
      await registry.rotationTo(third, await third.signer('registry', 'registry')),
    );
    await rotated();
    for (const bytes of registry.entries.slice(4)) chain.append(bytes);
    expect(() => chain.append(rival)).toThrow(code('REGISTRY_ENTRY_REFUSED'));
    expect(chain.root).toBe(after.fingerprint);
  });

  it('back to a root that was replaced, even by that root’s own registry', async () => {
    await rotated();
    for (const bytes of registry.entries.slice(4)) chain.append(bytes);
    const named = { oldRoot: after.fingerprint };
    const back = await registry.sign(
      await registry.rotationTo(before, registry.signer, { named, from: after }),
      {},
      successor,
    );
    expect(() => chain.append(back)).toThrow(code('REGISTRY_ENTRY_REFUSED'));
  });

  it('by a new root that copies the genuine acceptance into an entry of its own', async () => {
    const change = await registry.rotationTo(after, successor);
    const forged = await registry.sign(change, {}, member);
    const genuine = await registry.sign(change);
    const late = new RegistryChain(after.root);
    for (const bytes of registry.entries) late.append(bytes);
    expect(() => late.append(forged)).toThrow(code('REGISTRY_ENTRY_REFUSED'));
    expect(late.head).toBeNull();
    expect(late.append(genuine)).toBe('adopted');
    expect(parseRegistryEntry(genuine).number).toBe(late.head?.number);
  });

  it('where the copy was changed: a root slipped into stored entries is not restored', async () => {
    const change = await registry.rotationTo(third, await third.signer('registry', 'registry'));
    const slipped = await registry.sign(change, {}, await third.signer('registry', 'registry', 2));
    registry.entries.push(slipped);
    await registry.add(aBody('p_cr'), {}, await third.signer('registry', 'registry', 2));
    expect(() => RegistryChain.restore(before.root, registry.entries)).toThrow(
      code('REGISTRY_ENTRY_REFUSED'),
    );
  });
});
