import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parseIpaCode, parseSha256 } from '#contracts';
import type { ErrorCode } from '#errors';
import { sha256Hex } from '#evidence';
import { RegistryChain } from './registry-chain.ts';
import { rootOfTrust } from './root-of-trust.ts';
import { aBody, listingOf, secondsAfterStart, SigningRegistry, TestAuthority } from '#testing';

let authority: TestAuthority;
let registry: SigningRegistry;
let chain: RegistryChain;

beforeAll(async () => {
  authority = await TestAuthority.create();
});

beforeEach(async () => {
  registry = await (await SigningRegistry.create(authority)).found();
  chain = RegistryChain.replay(authority.root, registry.entries);
});

function code(expected: ErrorCode): unknown {
  return expect.objectContaining({ code: expected });
}

describe('the registry chain', () => {
  it('adopts what the registry signed, in order, once', async () => {
    const next = await registry.add(aBody('p_cr'));
    expect(chain.append(next)).toBe('adopted');
    expect(chain.append(next)).toBe('known');
    expect(chain.head).toEqual({ number: 4, digest: sha256Hex(next) });
    expect(chain.latest().network).toBe('test');
    expect(chain.latest().body(parseIpaCode('p_cr'))?.name).toBe('p_cr');
    expect(chain.latest().certificate(registry.signer.certificate.fingerprint)?.role).toBe('registry');
  });

  it('gives the same state to every replay of the same bytes', () => {
    const again = RegistryChain.replay(authority.root, registry.entries);
    const restored = RegistryChain.restore(authority.root, registry.entries);
    for (const other of [again, restored]) {
      expect(other.head).toEqual(chain.head);
      expect(other.latest().bodies()).toEqual(chain.latest().bodies());
      expect(other.latest().certificates()).toEqual(chain.latest().certificates());
    }
  });

  it('refuses an entry by an authority, by the router, and by a registry of another root', async () => {
    const other = await TestAuthority.create();
    const strangers = await Promise.all([
      authority.signer('c_d150', 'authority'),
      authority.signer('router-1', 'router'),
      other.signer('registry', 'registry'),
    ]);
    for (const stranger of strangers) {
      const forged = await registry.sign(aBody('p_cr'), {}, stranger);
      expect(() => chain.append(forged)).toThrow(code('REGISTRY_ENTRY_REFUSED'));
    }
    expect(chain.head?.number).toBe(3);
    expect(chain.append(await registry.sign(aBody('p_cr')))).toBe('adopted');
  });

  it('refuses an authority that signs the first entry, and a registry that the chain does not list', async () => {
    const empty = new RegistryChain(authority.root);
    const byAuthority = new SigningRegistry(authority, await authority.signer('c_d150', 'authority'));
    const first = await byAuthority.sign({
      kind: 'network.founded',
      network: 'x',
      anchors: [authority.anchor],
    });
    expect(() => empty.append(first)).toThrow(code('REGISTRY_ENTRY_REFUSED'));

    const unlisted = await registry.sign(
      aBody('p_cr'),
      {},
      await authority.signer('registry', 'registry', 2),
    );
    expect(() => chain.append(unlisted)).toThrow(code('REGISTRY_ENTRY_REFUSED'));
  });

  it('follows the registry to a new key that the old one published, and away from the revoked one', async () => {
    const successor = await authority.signer('registry', 'registry', 2);
    const { fingerprint } = registry.signer.certificate;
    chain.append(await registry.add({ kind: 'certificate.published', certificate: listingOf(successor) }));
    chain.append(
      await registry.add(
        {
          kind: 'certificate.revoked',
          fingerprint,
          revokedFrom: secondsAfterStart(4),
          reason: 'key-compromise',
        },
        {},
        successor,
      ),
    );
    const oldKey = await registry.sign(aBody('p_cr'));
    const backDated = await registry.sign(aBody('p_cr'), { time: secondsAfterStart(3) });
    expect(() => chain.append(oldKey)).toThrow(code('REGISTRY_ENTRY_REFUSED'));
    expect(() => chain.append(backDated)).toThrow(code('REGISTRY_ENTRY_REFUSED'));
    expect(chain.append(await registry.add(aBody('p_cr'), {}, successor))).toBe('adopted');
  });

  it('refuses altered bytes', async () => {
    const next = await registry.sign(aBody('p_cr'));
    const altered = Buffer.from(next.toString().replace('name="p_cr"', 'name="p_cx"'));
    expect(() => chain.append(altered)).toThrow(code('REGISTRY_ENTRY_REFUSED'));
    expect(() => chain.append(Buffer.from('no XML'))).toThrow(code('REGISTRY_ENTRY_REFUSED'));
  });

  it('refuses a network under another root than the configured one', async () => {
    const other = await TestAuthority.create();
    const elsewhere = await (await SigningRegistry.create(other)).found();
    const anchoredElsewhere = await new SigningRegistry(authority, registry.signer).sign({
      kind: 'network.founded',
      network: 'x',
      anchors: [other.anchor],
    });
    const waiting = new RegistryChain(authority.root);
    expect(elsewhere.entries.map((bytes) => waiting.append(bytes))).toEqual(['before', 'before', 'before']);
    expect([waiting.head, waiting.isForeign]).toEqual([null, true]);
    for (const way of ['replay', 'restore'] as const)
      expect(() => RegistryChain[way](authority.root, elsewhere.entries)).toThrow(
        code('REGISTRY_ROOT_REFUSED'),
      );
    expect(() => new RegistryChain(authority.root).append(anchoredElsewhere)).toThrow(
      code('REGISTRY_ROOT_REFUSED'),
    );
    expect(() => rootOfTrust(other.pem, authority.root.fingerprint)).toThrow(code('TRUST_ANCHOR_WRONG'));
  });

  it('waits behind a gap', async () => {
    const fourth = await registry.add(aBody('p_cr'));
    const fifth = await registry.add(aBody('c_d142'));
    expect(chain.append(fifth)).toBe('ahead');
    expect(chain.head?.number).toBe(3);
    expect(chain.append(fourth)).toBe('adopted');
    expect(chain.append(fifth)).toBe('adopted');
    const holed = [...registry.entries.slice(0, 3), fifth];
    expect(() => RegistryChain.replay(authority.root, holed)).toThrow(code('REGISTRY_GAP'));
    expect(() => RegistryChain.restore(authority.root, holed)).toThrow(code('REGISTRY_GAP'));
  });

  it('stops for good when the registry signs two entries with one number', async () => {
    const one = await registry.sign(aBody('p_cr'));
    const other = await registry.sign(aBody('c_d142'));
    chain.append(one);
    expect(() => chain.append(other)).toThrow(code('REGISTRY_FORKED'));
    expect(chain.fork?.code).toBe('REGISTRY_FORKED');
    registry.entries.push(one);
    const next = await registry.add(aBody('c_b898'));
    expect(() => chain.append(next)).toThrow(code('REGISTRY_FORKED'));
    expect(chain.head?.number).toBe(4);
  });

  it('sees a fork in an entry that names another predecessor', async () => {
    const previous = parseSha256('ab'.repeat(32));
    const beside = await registry.sign(aBody('p_cr'), { previous });
    expect(() => chain.append(beside)).toThrow(code('REGISTRY_FORKED'));
  });

  it('is not forked by an entry that the registry did not sign', async () => {
    const forged = await registry.sign(
      aBody('p_cr'),
      { number: 2 },
      await authority.signer('c_d150', 'authority'),
    );
    expect(() => chain.append(forged)).toThrow(code('REGISTRY_ENTRY_REFUSED'));
    expect(chain.fork).toBeUndefined();
  });

  it('refuses an entry older than its predecessor, one with two times, and a second foundation', async () => {
    const older = await registry.sign(aBody('p_cr'), { time: secondsAfterStart(2) });
    const twoTimes = await registry.sign(aBody('p_cr'), {}, registry.signer, new Date(secondsAfterStart(1)));
    const again = await registry.sign({ kind: 'network.founded', network: 'x', anchors: [authority.anchor] });
    for (const bytes of [older, twoTimes, again])
      expect(() => chain.append(bytes)).toThrow(code('REGISTRY_ENTRY_REFUSED'));
    const unfounded = await new SigningRegistry(authority, registry.signer).sign(aBody('p_cr'));
    expect(() => new RegistryChain(authority.root).append(unfounded)).toThrow(code('REGISTRY_ENTRY_REFUSED'));
  });

  it('restores no copy whose bytes were changed, wherever that was', () => {
    for (const index of registry.entries.keys()) {
      const tampered = [...registry.entries];
      tampered[index] = Buffer.from(
        tampered[index]!.toString().replace(/time="2026-03-01T08/, 'time="2026-03-01T07'),
      );
      expect(() => RegistryChain.restore(authority.root, tampered)).toThrow();
    }
  });
});

describe('a heartbeat', () => {
  it('is taken from the registry only', async () => {
    const own = await registry.heartbeat();
    const forged = await registry.heartbeat(
      registry.head,
      new Date(),
      await authority.signer('c_d150', 'authority'),
    );
    expect(chain.checkHeartbeat(own).head).toEqual(chain.head);
    expect(() => chain.checkHeartbeat(forged)).toThrow(code('REGISTRY_ENTRY_REFUSED'));
  });

  it('tells of a fork when it names another head, and of more to come when it is ahead', async () => {
    const digest = parseSha256('ab'.repeat(32));
    expect(chain.checkHeartbeat(await registry.heartbeat({ number: 9, digest })).head.number).toBe(9);
    const beside = await registry.heartbeat({ number: 2, digest });
    expect(() => chain.checkHeartbeat(beside)).toThrow(code('REGISTRY_FORKED'));
    expect(chain.fork?.code).toBe('REGISTRY_FORKED');
  });
});
