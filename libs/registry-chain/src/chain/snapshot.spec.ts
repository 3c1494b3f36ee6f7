import fc from 'fast-check';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  parseIpaCode,
  parseIstatCode,
  parseRegistryEntry,
  parseSnapshot,
  serializeRegistryEntry,
  type RegistryChange,
} from '#contracts';
import type { ErrorCode } from '#errors';
import { sha256Hex, signSnapshot } from '#evidence';
import { aBody, listingOf, secondsAfterStart, SigningRegistry, TestAuthority } from '#testing';
import { RegistryState } from '../state/registry-state.ts';
import { RegistryChain, type ChainEntry } from './registry-chain.ts';
import { takeSnapshot } from './snapshot.ts';

const P_CR = parseIpaCode('p_cr');

let authority: TestAuthority;
let registry: SigningRegistry;

beforeAll(async () => {
  authority = await TestAuthority.create();
});

/** A network in which much was replaced: nine entries, of which the fourth to sixth say nothing any more. */
beforeEach(async () => {
  registry = await (await SigningRegistry.create(authority)).found();
  const member = await authority.signer('c_d150', 'authority');
  const changes: RegistryChange[] = [
    aBody('p_cr', 'https://localhost:1'),
    aBody('p_cr', 'https://localhost:2'),
    { kind: 'area.published', code: 'north', bodies: [P_CR] },
    aBody('p_cr', 'https://localhost:3'),
    { kind: 'area.published', code: 'north', bodies: [parseIpaCode('c_d150'), P_CR] },
    { kind: 'certificate.published', certificate: listingOf(member) },
    {
      kind: 'certificate.revoked',
      fingerprint: member.certificate.fingerprint,
      revokedFrom: secondsAfterStart(5),
      reason: 'superseded',
    },
  ];
  for (const change of changes) await registry.add(change);
});

function code(expected: ErrorCode): unknown {
  return expect.objectContaining({ code: expected });
}

function answers(chain: RegistryChain): unknown {
  const latest = chain.latest();
  return {
    head: chain.head,
    network: latest.network,
    bodies: latest.bodies(),
    area: latest.area('north'),
    certificates: latest.certificates(),
    lastTime: chain.lastTime,
  };
}

describe('a snapshot', () => {
  it('holds what still decides something, and gives the same answers for its head', async () => {
    const bytes = await registry.snapshot();
    expect(parseSnapshot(bytes).entries).toHaveLength(registry.entries.length - 3);
    const begun = RegistryChain.begin(authority.root, bytes);
    expect(answers(begun)).toEqual(answers(RegistryChain.replay(authority.root, registry.entries)));
    expect(begun.isWhole).toBe(false);
  });

  it('leaves a chain that goes on with what the registry says next, and answers for it', async () => {
    const begun = RegistryChain.begin(authority.root, await registry.snapshot());
    expect(begun.append(await registry.add(aBody('c_b898')))).toBe('adopted');
    expect(answers(begun)).toEqual(answers(RegistryChain.replay(authority.root, registry.entries)));
    expect(() => begun.at(9)).toThrow(code('REGISTRY_VERSION_UNKNOWN'));
    expect(begun.at(10).bodies()).toHaveLength(2);
  });

  it('is proved by the history once all of it is here, which then answers for every version and is kept whole', async () => {
    const begun = RegistryChain.begin(authority.root, await registry.snapshot());
    const kept: ChainEntry[] = [];
    const late = await registry.add(aBody('c_b898'));
    begun.append(late, (entry) => kept.push(entry));
    expect(kept).toEqual([]);
    for (const bytes of registry.entries.slice(0, 9)) begun.append(bytes, (entry) => kept.push(entry));
    expect([begun.isWhole, kept.length]).toEqual([false, 0]);
    begun.append(registry.entries[9]!, (entry) => kept.push(entry));
    expect(begun.isWhole).toBe(true);
    expect(kept.map(({ bytes }) => bytes)).toEqual(registry.entries);
    expect(begun.at(4).body(P_CR)?.nodeUrl).toBe('https://localhost:1');
    expect(begun.head).toEqual(registry.head);
  });

  it('stays unproved when the history leads elsewhere', async () => {
    const begun = RegistryChain.begin(authority.root, await registry.snapshot());
    const other = await (await SigningRegistry.create(authority)).found();
    for (const bytes of other.entries) expect(begun.append(bytes)).toBe('before');
    expect(begun.isWhole).toBe(false);
    expect(begun.head).toEqual(registry.head);
  });

  it('of a chain whose root was replaced counts under the new root', async () => {
    const next = await TestAuthority.create();
    const successor = await next.signer('registry', 'registry');
    await registry.add(await registry.rotationTo(next, successor));
    const bytes = await registry.snapshot(successor);
    const begun = RegistryChain.begin(next.root, bytes);
    expect(begun.append(await registry.add(aBody('c_b898'), {}, successor))).toBe('adopted');
    for (const entry of registry.entries) begun.append(entry);
    expect([begun.isWhole, begun.head]).toEqual([true, registry.head]);
    expect(() => RegistryChain.begin(authority.root, bytes)).toThrow(code('REGISTRY_ENTRY_REFUSED'));
  });

  it('is refused by an authority, by a registry of another root, by one that it does not list, or altered', async () => {
    const other = await TestAuthority.create();
    const strangers = await Promise.all([
      authority.signer('c_d150', 'authority'),
      other.signer('registry', 'registry'),
      authority.signer('registry', 'registry', 2),
    ]);
    for (const stranger of strangers) {
      const forged = await registry.snapshot(stranger);
      expect(() => RegistryChain.begin(authority.root, forged)).toThrow(code('REGISTRY_ENTRY_REFUSED'));
    }
    const genuine = (await registry.snapshot()).toString();
    const altered = Buffer.from(genuine.replace('number="10"', 'number="11"'));
    expect(() => RegistryChain.begin(authority.root, altered)).toThrow(code('REGISTRY_ENTRY_REFUSED'));
  });

  it('is refused with a head that its entries do not lead to, or with entries out of order', async () => {
    const time = secondsAfterStart(1_000);
    const good = takeSnapshot(registry.entries, time);
    const wrong = [
      { ...good, head: { ...good.head, number: 11 } },
      { ...good, head: { ...good.head, digest: sha256Hex(Buffer.from('other')) } },
      { ...good, entries: [...good.entries].reverse() },
      { ...good, entries: good.entries.slice(0, -1) },
    ];
    for (const snapshot of wrong) {
      const bytes = await signSnapshot(snapshot, registry.signer, new Date(time));
      expect(() => RegistryChain.begin(authority.root, bytes)).toThrow(code('REGISTRY_ENTRY_REFUSED'));
    }
    const twoTimes = await signSnapshot(good, registry.signer, new Date(secondsAfterStart(999)));
    expect(() => RegistryChain.begin(authority.root, twoTimes)).toThrow(code('REGISTRY_ENTRY_REFUSED'));
  });
});

describe('a snapshot of any chain', () => {
  const ipa = fc.constantFrom('c_d150', 'p_cr', 'C_D150').map(parseIpaCode);
  const istat = fc.constantFrom('019036', '019035').map(parseIstatCode);
  const body = fc.record(
    { ipa, istat, nodeUrl: fc.constantFrom('https://localhost:1', 'https://localhost:2') },
    { requiredKeys: ['ipa'] },
  );
  const form = fc.record({ root: fc.constantFrom('a', 'b'), version: fc.constantFrom('1', '2') });
  const change: fc.Arbitrary<RegistryChange> = fc.oneof(
    body.map((part) => {
      const published = aBody(part.ipa);
      return published.kind === 'body.published'
        ? { ...published, body: { ...published.body, joined: true, ...part } }
        : published;
    }),
    form.map((part): RegistryChange => ({
      kind: 'form.published',
      form: { namespace: 'urn:x', entry: 'a.xsd', files: [], ...part },
    })),
    fc.record({
      kind: fc.constant('area.published' as const),
      code: fc.constantFrom('n', 's'),
      bodies: fc.array(ipa),
    }),
    fc.record({ kind: fc.constant('border.published' as const), between: fc.tuple(istat, istat) }),
  );

  function everyAnswer(state: RegistryState): unknown {
    const latest = state.at(state.head?.number ?? 0);
    const codes = ['019035', '019036'].map(parseIstatCode);
    const versions = ['a', 'b'].flatMap((root) =>
      ['1', '2', undefined].map((version) => [root, version] as const),
    );
    return {
      head: state.head,
      bodies: latest.bodies(),
      municipalities: codes.map((code) => [latest.municipality(code), latest.borders(code)]),
      areas: ['n', 's'].map((code) => [latest.area(code), latest.areaCodes(code)]),
      forms: versions.map(([root, version]) => latest.formSchema('urn:x', root, version)?.version),
      publishedBy: versions.map(([root, version = '1']) => latest.formPublishedBy('urn:x', root, version)),
    };
  }

  it('answers for its head as the whole chain does, and goes on as it does', () => {
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 25 }), change, (changes, next) => {
        const entries = [...changes, next].map((each, i) => ({
          version: '1.0',
          number: i + 1,
          previous: null,
          time: secondsAfterStart(i),
          change: each,
        }));
        const bytes = entries.map((entry) => serializeRegistryEntry(entry));
        const judged = (all: readonly Buffer[]) =>
          all.map((own) => ({ entry: parseRegistryEntry(own), digest: sha256Hex(own) }));
        const whole = new RegistryState();
        for (const { entry, digest } of judged(bytes.slice(0, -1))) whole.apply(entry, digest);
        const snapshot = takeSnapshot(bytes.slice(0, -1), secondsAfterStart(99));
        const begun = RegistryState.ofSnapshot(judged(snapshot.entries), snapshot.head);
        expect(everyAnswer(begun)).toEqual(everyAnswer(whole));
        for (const { entry, digest } of judged(bytes.slice(-1)))
          for (const state of [whole, begun]) state.apply(entry, digest);
        expect(everyAnswer(begun)).toEqual(everyAnswer(whole));
      }),
    );
  });
});
